/** Every fault × every method × first, middle and last page: the table and the server are Python's. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { SYSTEM_CLOCK } from "../src/core/clock.js";
import {
  Netra,
  NetraError,
  type SessionUsageData,
  type TenantUsageData,
  type TraceSpan,
  type TraceSummary,
  type TraceWithSpans,
} from "../src/index.js";
import { END, START, WINDOW } from "./support/rows.js";

interface Served {
  readonly faults: readonly Fault[];
  readonly rows: number;
  /** The cursor of the request for each page, and of the error when that page, or those spans, fail. */
  readonly cursors: Readonly<Record<string, string | null>>;
  readonly pages: readonly string[];
}

/** One row of the table: what is promised for a fault that happens once, and for one that happens always. */
interface Fault extends Readonly<Record<HowOften, string>> {
  readonly name: string;
  readonly url: string;
  /** Whether only a time limit ends it. */
  readonly is_slow: boolean;
}

type HowOften = "once" | "always";
type Cell = readonly [method: string, place: string];

const ROOT = new URL("../../", import.meta.url).pathname;

const [service, served] = await startService();
afterAll(() => {
  service.stdin?.end();
});

async function startService(): Promise<[ChildProcess, Served]> {
  const installed = `${ROOT}.venv/bin/python`;
  const python = process.env["PYTHON"] ?? (existsSync(installed) ? installed : "python3");
  const env = { ...process.env, PYTHONPATH: `${ROOT}:${ROOT}generated` };
  const child = spawn(python, ["-m", "tests.faults.serve"], {
    cwd: ROOT,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) return [child, JSON.parse(line) as Served];
  throw new Error(`The fault server did not start: ${python} -m tests.faults.serve`);
}

const USAGE: Readonly<Record<string, SessionUsageData | TenantUsageData>> = {
  get_session_usage: { sessionId: "session-123", tokenCount: 30, requestCount: 2, totalCost: 0.25 },
  get_tenant_usage: {
    tenantId: "AceTech",
    organisationId: "org",
    tokenCount: 30,
    requestCount: 2,
    sessionCount: 1,
    totalCost: 0.25,
  },
};

const CELLS: readonly Cell[] = [
  ...Object.keys(USAGE).map((method) => [method, "only"] as const),
  ...["list_traces", "iter_traces", "list_spans_by_trace_id", "iter_spans_by_trace_id", "with_spans"].flatMap(
    (method) => served.pages.map((place) => [method, place] as const),
  ),
  ["with_spans", "spans of the third"],
];

describe.concurrent("every cell is complete or throws the right error", () => {
  for (const fault of served.faults)
    for (const howOften of ["once", "always"] as const)
      test(`${howOften}: the service ${fault.name}`, async () => {
        const promised: Record<string, string> = {};
        const found: Record<string, string> = {};
        const run = async (cell: Cell) => {
          const name = cell.join(", ");
          promised[name] = promisedFor(fault[howOften], cell[0]);
          found[name] = await outcome(fault, howOften, cell);
        };
        if (fault.is_slow) await Promise.all(CELLS.map(run));
        else for (const cell of CELLS) await run(cell);
        expect(found).toEqual(promised);
      });
});

/** Methods without pages may have another outcome. */
function promisedFor(promise: string, method: string): string {
  const [pages, usage] = promise.split(", usage: ");
  return (method in USAGE && usage) || (pages as string);
}

/** The outcome of the call, after checking that it is complete, or that its error allows resuming. */
async function outcome(fault: Fault, howOften: HowOften, [method, place]: Cell): Promise<string> {
  const endpoint = [fault.url, ...[howOften, method, place].map(encodeURIComponent)].join("/");
  const { usage } = new Netra({
    endpoint,
    // Node keeps one pool of connections for each origin: where each response costs its connection, a retry may meet
    // another one that is about to end, and a reset takes away what a busy client has not read yet.
    maxRetries: fault.name.endsWith("after each response") ? 4 : 1,
    maxResponseBytes: 200_000,
    // After a fault that happens once, even a busy machine needs time for the correct response.
    ...(fault.is_slow &&
      (howOften === "once" ? { timeout: 1_500, deadline: 4_000 } : { timeout: 1_000, deadline: 2_500 })),
    clock: { ...SYSTEM_CLOCK, sleep: async () => {} },
  });
  const walk = (cursor: string | null): AsyncIterable<TraceSummary | TraceSpan | TraceWithSpans> => {
    const params = { limit: 2, cursor };
    if (method === "iter_spans_by_trace_id")
      return usage.iterSpansByTraceId({ traceId: "trace-1", ...params });
    const traces = usage.iterTraces({ ...WINDOW, tenantId: "AceTech", ...params });
    return method === "with_spans" ? traces.withSpans() : traces;
  };
  const cursor = served.cursors[place] as string | null;
  let rows: number[] = [];
  try {
    if (method === "get_session_usage")
      expect(await usage.getSessionUsage("session-123", START, END)).toEqual(USAGE[method]);
    else if (method === "get_tenant_usage")
      expect(await usage.getTenantUsage("AceTech", START, END)).toEqual(USAGE[method]);
    else if (method === "list_traces")
      rows = numbers((await usage.listTraces({ ...WINDOW, tenantId: "AceTech", limit: 2, cursor })).traces);
    else if (method === "list_spans_by_trace_id")
      rows = numbers((await usage.listSpansByTraceId({ traceId: "trace-1", limit: 2, cursor })).spans);
    else for await (const row of walk(null)) rows.push(numberOf(row));
  } catch (error) {
    if (!(error instanceof NetraError)) throw error;
    if (place === "only" || method.startsWith("list")) return error.name;
    expect(error.cursor, error.message).toBe(cursor);
    expect(rows).toEqual(range(1, firstRowAfter(cursor) - 1));
    await fetch(`${endpoint}/repair`).then((response) => response.arrayBuffer());
    const remainder: number[] = [];
    for await (const row of walk(error.cursor)) remainder.push(numberOf(row));
    expect(remainder).toEqual(range(firstRowAfter(cursor), served.rows));
    return error.name;
  }
  if (place !== "only")
    expect(rows).toEqual(
      method.startsWith("list")
        ? range(firstRowAfter(cursor), firstRowAfter(cursor) + 1)
        : range(1, served.rows),
    );
  return "complete";
}

function numbers(rows: readonly (TraceSummary | TraceSpan)[]): number[] {
  return rows.map(numberOf);
}

/** The number of a row, or of a trace whose spans are complete. */
function numberOf(row: TraceSummary | TraceSpan | TraceWithSpans): number {
  if ("spans" in row) expect(numbers(row.spans)).toEqual(range(1, served.rows));
  const { id } = "spans" in row ? row.trace : row;
  return Number(id.split("-").at(-1));
}

function firstRowAfter(cursor: string | null): number {
  return Number(cursor?.split("-").at(-1) ?? 0) + 1;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
