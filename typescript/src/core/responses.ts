/** Map a response to the operation's result, or to an error that says what came and what to do. */

import { PayloadError } from "../../../generated/typescript/checks.js";
import {
  APIConnectionError,
  APIResponseValidationError,
  type APIStatusError,
  errorClassFor,
} from "../errors.js";
import type { Config } from "./config.js";
import { htmlTitle, messageIn } from "./error-body.js";
import type { Operation } from "./operations.js";
import { type HeadersLike, platform } from "./platform.js";

/** How many characters of a body an error keeps. */
const MAX_EXCERPT = 2_000;

const ADVICE: Readonly<Record<number, string>> = {
  400: "Check the arguments.",
  401: "Check the API key: NETRA_API_KEY, or apiKey.",
  403: "The API key is valid but may not do this; ask for the permission, or use another key.",
  404: "Check the id, and that the endpoint is the service's.",
  429: "Send fewer requests, or wait.",
};

/** What came back for an operation. */
export interface Received {
  readonly status: number;
  readonly headers: HeadersLike;
  readonly bytes: Uint8Array;
  /** Whether a redirect was followed, or is hidden by the browser. */
  readonly isRedirect: boolean;
}

/** Method and path, for messages. */
export function requestLine(operation: Operation<unknown>): string {
  return `${operation.request.method} ${operation.request.path}`;
}

/** The operation's result. Throws an error of this package for anything that is not a success as the contract has it. */
export function parseResponse<Result>(
  operation: Operation<Result>,
  config: Config,
  received: Received,
): Result {
  const { status, headers, bytes } = received;
  if (received.isRedirect || status < 200 || status > 299) throw statusError(operation, config, received);
  let problem: string;
  try {
    return operation.parse(JSON.parse(decode(bytes, true)));
  } catch (error) {
    if (error instanceof PayloadError) problem = config.redactor.redact(error.message);
    else if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) {
      // The platform takes a compressed body that was cut off for a whole one. Where nothing tells its length, it may be.
      if (
        headers.get("content-encoding") &&
        !headers.get("content-length") &&
        !headers.get("transfer-encoding")
      )
        throw new APIConnectionError(
          `${requestLine(operation)}: the answer was cut off inside its content coding. Try again.`,
        );
      problem = `the body is ${htmlSummary(config, received) || `not JSON (${reasonOf(config, error)})`}`;
    } else throw error; // ours: the pages cannot be completed
  }
  throw new APIResponseValidationError(
    `${requestLine(operation)} answered ${status}, but not as the contract promises: ${problem}.${idNote(config, headers)} Something between here and the service may have answered in its place; if not, the service has changed and this package needs an update.`,
    { body: excerptOf(config, bytes), requestId: requestIdOf(config, headers) },
  );
}

function statusError(operation: Operation<unknown>, config: Config, received: Received): APIStatusError {
  const { status, headers, bytes } = received;
  let message = "";
  try {
    message = config.redactor
      .redact(messageIn(JSON.parse(decode(bytes))))
      .slice(0, MAX_EXCERPT)
      .replace(/\.+$/, "");
  } catch {
    // not JSON
  }
  message ||=
    htmlSummary(config, received) || excerptOf(config, bytes).slice(0, 200).replace(/\s+/g, " ").trim();
  const seconds = retryAfterSeconds(headers.get("retry-after"), config.clock.utcNow());
  const advice = [
    `${requestLine(operation)} answered ${received.isRedirect ? "with a redirect" : status}${message && `: ${message}`}.${idNote(config, headers)} It came from ${config.hostNote}.`,
    adviceFor(operation, config, received),
    seconds === null ? "" : `The service asks to wait ${seconds} s.`,
  ];
  return new (errorClassFor(status))(advice.filter(Boolean).join(" "), {
    statusCode: status,
    body: excerptOf(config, bytes),
    requestId: requestIdOf(config, headers),
    retryAfter: seconds,
  });
}

function adviceFor(operation: Operation<unknown>, config: Config, received: Received): string {
  const { status, headers } = received;
  const location = config.redactor.excerpt(headers.get("location") ?? "", MAX_EXCERPT);
  if (received.isRedirect || (status >= 300 && status <= 399 && location))
    return `It points to ${location || "another address"}. Redirects are not followed, because they would show the API key to another address; if you trust that one, set it as the endpoint.`;
  if (status >= 500) return "The service failed; try again later.";
  return `${ADVICE[status] ?? ""} ${(status === 400 && operation.refusalNote) || ""}`.trim();
}

function decode(bytes: Uint8Array, fatal = false): string {
  return new platform.TextDecoder("utf-8", { fatal }).decode(bytes);
}

function reasonOf(config: Config, error: Error): string {
  // A parser quotes what it met.
  return error instanceof SyntaxError
    ? config.redactor.redact(error.message)
    : "not UTF-8, or nested too deeply";
}

function excerptOf(config: Config, bytes: Uint8Array): string {
  return config.redactor.excerpt(decode(bytes.subarray(0, 1_000_000)), MAX_EXCERPT);
}

/** Describe an HTML page by its title and content type; "" for any other body. */
function htmlSummary(config: Config, { headers, bytes }: Received): string {
  const contentType = headers.get("content-type") ?? "no content type";
  const title = htmlTitle(decode(bytes.subarray(0, 8 * MAX_EXCERPT)), contentType);
  if (title === undefined) return "";
  const summary = `an HTML page (${contentType})${title && ` with the title ${JSON.stringify(title)}`}`;
  return config.redactor.redact(summary).slice(0, 300);
}

function requestIdOf(config: Config, headers: HeadersLike): string | null {
  for (const name of ["x-request-id", "request-id", "x-correlation-id"]) {
    const found = headers.get(name);
    if (found !== null) return config.redactor.redact(found);
  }
  return null;
}

function idNote(config: Config, headers: HeadersLike): string {
  const id = requestIdOf(config, headers);
  return id ? ` (request id ${id})` : "";
}

/**
 * The longest wait that `Retry-After` asks for, in seconds; null if none can be read. A value is a number of seconds or
 * an HTTP date (RFC 9110, section 10.2.3); or seconds with commas between, where several headers were joined.
 */
export function retryAfterSeconds(value: string | null, now: number): number | null {
  if (value === null) return null;
  const seconds = value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => /^\d{1,12}(\.\d+)?$/.test(part))
    .map(Number);
  // Several dates that were joined: each ends in a zone, but for the old forms.
  for (const date of value.match(/[a-z]+,? [^,]*?\d\d:\d\d:\d\d[^,]*/gi) ?? []) {
    const time = Date.parse(/gmt|[+-]\d{4}/i.test(date) ? date : `${date} GMT`);
    if (!Number.isNaN(time)) seconds.push(Math.max(time - now, 0) / 1_000);
  }
  return seconds.length ? Math.max(...seconds) : null;
}
