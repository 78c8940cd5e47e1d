"""The list: for each behaviour, one edit in each language that removes it. The old text stands once in its file."""

from __future__ import annotations

import attrs

__all__ = ["BEHAVIOURS", "Behaviour", "Edit"]


@attrs.frozen
class Edit:
    """Replace `old` by `new` in the file."""

    file: str
    old: str
    new: str


@attrs.frozen
class Behaviour:
    """What a client does, and how to take it away."""

    name: str
    python: Edit
    typescript: Edit


def _core(file: str, old: str, new: str) -> Edit:
    return Edit(f"netra/_core/{file}.py", old, new)


def _ts(file: str, old: str, new: str) -> Edit:
    return Edit(f"typescript/src/{file}.ts", old, new)


BEHAVIOURS = [
    Behaviour(
        "a 502 is tried again",
        _core("retry", "500, 502, 503", "500, 503"),
        _ts("core/retry", "500, 502, 503", "500, 503"),
    ),
    Behaviour(
        "Retry-After is obeyed",
        _core("retry", "max(backoff, retry_after or 0.0)", "backoff"),
        _ts("core/retry", "Math.max(chosen, retryAfter * 1_000)", "chosen"),
    ),
    Behaviour(
        "a long Retry-After is final",
        _core("retry", "MAX_RETRY_AFTER = 60.0", "MAX_RETRY_AFTER = 600.0"),
        _ts("core/retry", "MAX_RETRY_AFTER = 60;", "MAX_RETRY_AFTER = 600;"),
    ),
    Behaviour(
        "chance shortens a wait",
        _core("retry", "jitter() * min(", "1.0 * min("),
        _ts("core/retry", "jitter() * Math.min(", "1 * Math.min("),
    ),
    Behaviour(
        "waits grow",
        _core("retry", "2 ** min(retry - 1, 16)", "1"),
        _ts("core/retry", "2 ** (retry - 1)", "1"),
    ),
    Behaviour(
        "no wait goes beyond the deadline",
        _core("retry", "backoff if backoff < seconds_left else None", "backoff"),
        _ts("core/retry", "backoff < timeLeft ? backoff : undefined", "backoff"),
    ),
    Behaviour(
        "a usage with another id is refused",
        _core("envelopes", "if found != expected_id:\n            raise", "if False:\n            raise"),
        _ts("core/envelopes", "if (found !== expectedId) throw", "if (false) throw"),
    ),
    Behaviour(
        "rows with another id are refused",
        _core("envelopes", "for name, expected_id in expected.items():", "for name, expected_id in ():"),
        _ts("core/envelopes", "of expected)", "of expected.slice(9))"),
    ),
    Behaviour(
        "trace ids are compared without dashes",
        _core("envelopes", '_TRACE_IDS = ("id", "trace_id")', "_TRACE_IDS = ()"),
        _ts("core/envelopes", "/^(trace_)?id$/.test(name)", "false"),
    ),
    Behaviour(
        "a message beside no data is a failure",
        _core(
            "envelopes",
            '        _refuse_silent_failure(envelope, {"data"})\n        return None',
            "        return None",
        ),
        _ts(
            "core/envelopes",
            "refuseSilentFailure(envelope, isData);\n    return null;",
            "return null;",
        ),
    ),
    Behaviour(
        "an envelope that tells of no success is a failure",
        _core("envelopes", "return value is None or value is True", "return True"),
        _ts("core/envelopes", 'name === "success" ? value === true', 'name === "success" ? true'),
    ),
    Behaviour(
        "a cursor that was used is refused",
        _core("pagination", "if hash(page.next_cursor) in self._used:", "if False:"),
        _ts(
            "core/pagination", "if (this.used.has(page.nextCursor))", "if (this.used.has(undefined as never))"
        ),
    ),
    Behaviour(
        "the last row's cursor comes first",
        _core("envelopes", "in (last, info.next_cursor) if", "in (info.next_cursor, last) if"),
        _ts("core/envelopes", '[last?.["cursor"], info.nextCursor]', '[info.nextCursor, last?.["cursor"]]'),
    ),
    Behaviour(
        "a walk asks for 100 rows",
        _core(
            "parameters",
            "attrs.evolve(self, limit=MAX_PAGE_SIZE)\n\n    def for_partitions",
            "self\n\n    def for_partitions",
        ),
        _ts("core/parameters", "limit: query.limit ?? MAX_PAGE_SIZE", "limit: query.limit"),
    ),
    Behaviour(
        "an error in a walk has the cursor",
        _core("pagination", "error.cursor, is_exact = resume_point", "_, is_exact = resume_point"),
        _ts("core/pagination", "  error.cursor = cursor;\n", ""),
    ),
    Behaviour(
        "too large pages are asked for in smaller ones",
        _core("request_flow", "if error._is_too_large and", "if False and"),
        _ts("core/request-flow", "if (tooLarge.has(error) &&", "if (false as boolean &&"),
    ),
    Behaviour(
        "attempts are counted",
        _core("request_flow", "error.attempts = attempt\n", "pass\n"),
        _ts("core/request-flow", "error.attempts = number;\n", "\n"),
    ),
    Behaviour(
        "a trace whose spans failed is read again",
        _core(
            "lookahead",
            "            self._pending[0].call = None\n",
            "            self._pending[0].call = None\n            self._last_trace = self._pending.popleft().trace\n",
        ),
        _ts("traces-with-spans", "head.spans = undefined;\n", "this.queue.shift();\n"),
    ),
    Behaviour(
        "the key is redacted",
        _core("redaction", "text = _redacted(secret, text)", "pass"),
        _ts("core/redaction", "withoutSecret(rest, secret), text)", "(secret, rest), text)"),
    ),
    Behaviour(
        "headers that the caller calls secret are redacted",
        _core("redaction", "*(name.lower() for name in named)", ""),
        _ts("core/redaction", "named.includes(name)", "false"),
    ),
    Behaviour(
        "dots are no id",
        _core("checks", 'if text in (".", ".."):', "if False:"),
        _ts("core/checks", 'if (text === "." || text === "..")', "if (false as boolean)"),
    ),
    Behaviour(
        "a page has at most 100 rows",
        _core("checks", "not 1 <= number <= MAX_PAGE_SIZE", "not 1 <= number"),
        _ts("core/checks", "if (limit > MAX_PAGE_SIZE)", "if (limit > 1_000)"),
    ),
    Behaviour(
        "a date alone is no end",
        Edit(
            "netra/_timestamps.py",
            "if isinstance(end_time, str) and _DAY.fullmatch(end_time) and",
            "if False and",
        ),
        _ts("core/timestamps", 'if (typeof endTime === "string" && ', "if (false && "),
    ),
    Behaviour(
        "a path of telemetry is taken away",
        _core("endpoint", '"/telemetry"):', '"/"):'),
        _ts("core/endpoint", '.replace(/\\/telemetry$/, "")', ""),
    ),
    Behaviour(
        "the argument wins over the environment",
        _core(
            "headers",
            "if api_key is not None:",
            'if api_key is not None and "NETRA_API_KEY" not in os.environ:',
        ),
        _ts(
            "core/headers", "if (apiKey !== undefined)", "if (apiKey !== undefined && variable === undefined)"
        ),
    ),
    Behaviour(
        "the direction is sent",
        Edit(
            "netra/_core/operations.py",
            "Pagination(limit, cursor, query.direction)",
            "Pagination(limit, cursor)",
        ),
        _ts("core/operations", "cursor: cursor ?? undefined, direction }", "cursor: cursor ?? undefined }"),
    ),
    Behaviour(
        "other conditions come after the documented filters",
        Edit(
            "netra/_core/operations.py", "+ [_wire_filter(condition) for condition in query.conditions]", ""
        ),
        _ts("core/operations", "...filters,", ""),
    ),
    Behaviour(
        "a status error names the variable of the endpoint",
        Edit("netra/_core/config.py", "which {self.source} names", "as given"),
        _ts("core/config", "which ${source} names", "as given"),
    ),
    Behaviour(
        "an answer's bytes are UTF-8",
        Edit(
            "generated/netra_api/types.py", "content.decode(encoding)", 'content.decode(encoding, "replace")'
        ),
        _ts("core/responses", "decode(bytes, true)", "decode(bytes)"),
    ),
    Behaviour(
        "an integer that is not exact is refused",
        Edit("generated/netra_api/types.py", "MAX_INTEGER = 2**53 - 1", "MAX_INTEGER = 2**70"),
        Edit("generated/typescript/checks.ts", "!Number.isSafeInteger(value)", "!Number.isInteger(value)"),
    ),
    Behaviour(
        "unknown fields are kept",
        Edit("generated/netra_api/models/trace_summary.py", "            d or {}\n", "            {}\n"),
        Edit("generated/typescript/checks.ts", "for (const name in source) {", "for (const name in {}) {"),
    ),
]
