/** Run every vector of `conformance/` over real sockets. Its README says what the files mean. */

import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Filter, fields, Netra, NetraError } from "../src/index.js";
import { QuickClock } from "./support/clock.js";
import type { Json } from "./support/rows.js";

interface Exchange {
  readonly request?: { method?: string; path?: string[]; query?: unknown[]; json?: unknown; headers?: Json };
  readonly response: {
    status?: number;
    headers?: Record<string, string>;
    json?: unknown;
    text?: string;
    base64?: string;
    fault?: "reset" | "close" | "cut";
  };
}

interface Expected {
  readonly result?: Json | null;
  readonly rows?: unknown[];
  readonly fields?: Json[];
  readonly has_next_page?: boolean;
  readonly next_cursor?: string | null;
  readonly cursor?: string | null;
  readonly error?: Json & { name: string; bases?: string[]; says?: string[]; never_says?: string[] };
}

interface Call {
  readonly method: string;
  readonly arguments?: Json;
  readonly pages?: boolean;
  readonly with_spans?: Json;
}

interface Step {
  readonly call?: Call;
  readonly go_on?: boolean;
  readonly take?: number;
  readonly exchanges?: Exchange[];
  readonly waits?: number[];
  readonly expect: Expected;
}

interface Vector {
  readonly name: string;
  readonly config?: Json;
  readonly environment?: Record<string, string>;
  readonly clock?: { now?: string; jitter?: number };
  readonly steps: Step[];
}

const FOLDER = new URL("../../conformance/", import.meta.url);
const ROWS = load("rows.json") as Record<string, Json>;
const VECTORS = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json") && file !== "rows.json")
  .sort()
  .flatMap((file) =>
    (load(file) as { vectors: Vector[] }).vectors.map(
      (vector) => [`${file.slice(0, -5)}: ${vector.name}`, vector] as const,
    ),
  );
/** Seconds in the vectors, milliseconds here. */
const SECONDS = new Set(["timeout", "deadline"]);

function load(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
}

// ---------------------------------------------------------------- the scripted server

let server: Server;
let url: string;
let exchanges: Exchange[] = [];
let problems: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, Buffer.concat(chunks).toString(), response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  exchanges = [];
  problems = [];
  for (const name of Object.keys(process.env)) if (/^(NETRA|OTEL)_/.test(name)) delete process.env[name];
});

function answer(request: IncomingMessage, body: string, response: ServerResponse): void {
  const exchange = exchanges.shift();
  if (!exchange) {
    problems.push(`not expected: ${request.method} ${request.url}`);
    response.writeHead(500).end();
    return;
  }
  const target = new URL(request.url ?? "", "http://server");
  const sent: Json = {
    method: request.method,
    path: (request.url ?? "").split("?")[0]?.split("/").slice(1).map(decodeURIComponent),
    query: [...target.searchParams].map((pair) => [...pair]),
    json: body ? JSON.parse(body) : null,
    headers: Object.fromEntries(
      Object.keys(exchange.request?.headers ?? {}).map((name) => [name, request.headers[name] ?? null]),
    ),
  };
  for (const [part, value] of Object.entries(exchange.request ?? {}))
    if (!same(sent[part], value))
      problems.push(`${part} was ${inspect(sent[part])}, expected was ${inspect(value)}`);
  const { status = 200, headers = {}, json, text, base64, fault } = exchange.response;
  const content =
    json !== undefined
      ? Buffer.from(JSON.stringify(json))
      : base64
        ? Buffer.from(base64, "base64")
        : Buffer.from(text ?? "");
  const socket = request.socket;
  if (fault === "reset") socket.resetAndDestroy();
  else if (fault === "close") socket.end();
  else {
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": content.length,
      ...headers,
    });
    if (fault === "cut") response.write(content.subarray(0, -10), () => socket.end());
    else response.end(content);
  }
}

/** Equal as JSON values: the order of names does not count. */
function same(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
}

// ---------------------------------------------------------------- one vector

test.each(VECTORS)("%s", async (_, vector) => {
  for (const [name, value] of Object.entries(vector.environment ?? {}))
    process.env[name] = expand(value) as string;
  const clock = new QuickClock(vector.clock?.jitter, vector.clock?.now);
  const config = withoutNulls({
    endpoint: "{server}",
    prefetch: false,
    ...vector.config,
  });
  let client: Netra | undefined;
  let walk: (AsyncIterableIterator<object> & { cursor: string | null }) | undefined;
  for (const step of vector.steps) {
    exchanges = expand(step.exchanges ?? []) as Exchange[];
    clock.waits.length = 0;
    const expected = expand(step.expect) as Expected;
    let found: unknown;
    let error: unknown;
    const rows: object[] = [];
    try {
      client ??= new Netra({ ...config, clock });
      const result = step.call && call(client, step.call);
      if (step.go_on || step.call?.method.startsWith("iter")) {
        walk = (result as typeof walk) ?? walk;
        while (walk && rows.length < (step.take ?? Infinity)) {
          const { done, value } = await walk.next();
          if (done) break;
          rows.push(value);
        }
      } else {
        found = await result;
        rows.push(...rowsOf(found));
      }
    } catch (thrown) {
      error = thrown;
    }
    checkError(expected.error, error);
    if (expected.result === null) expect(found).toBeNull();
    if (expected.result) checkFields(expected.result, found);
    if (expected.rows) expect(rows.map(short)).toEqual(expected.rows);
    expected.fields?.forEach((each, index) => {
      checkFields(each, rows[index]);
    });
    const { has_next_page, next_cursor } = expected;
    if (has_next_page !== undefined) expect(found).toMatchObject({ hasNextPage: has_next_page });
    if (next_cursor !== undefined) expect(found).toMatchObject({ nextCursor: next_cursor });
    if (expected.cursor !== undefined) expect(walk?.cursor).toBe(expected.cursor);
    expect(problems).toEqual([]);
    expect(exchanges, "these requests were not sent").toEqual([]);
    if (step.waits) expect(clock.waits.map((wait) => Math.round(wait) / 1_000)).toEqual(step.waits);
  }
});

test("no vector is lost", () => {
  expect(VECTORS.length).toBeGreaterThanOrEqual(400);
});

function call(client: Netra, { method, arguments: given = {}, pages, with_spans }: Call): unknown {
  // biome-ignore lint/suspicious/noExplicitAny: what the vectors call is text
  const usage = client.usage as any;
  const { filters, ...others } = given;
  const parameters = camelCase(others);
  if (filters) parameters["filters"] = (filters as Json[]).map(filterOf);
  if (method.startsWith("get")) return usage[camel(method)](...Object.values(parameters));
  let result = usage[camel(method)](parameters);
  if (with_spans) result = result.withSpans(with_spans);
  return pages ? result.pages() : result;
}

const METHODS: Record<string, string> = {
  equals: "eq", not_equals: "ne", less_than: "lt", less_equal_to: "lte", greater_than: "gt", greater_equal_to: "gte",
}; // biome-ignore format: pairs

function filterOf({ field, operator, value }: Json): Filter {
  const [name = "", key] = String(field).split(".");
  // biome-ignore lint/suspicious/noExplicitAny: what the vectors call is text
  const found = (key ? fields.metadata(key) : fields.get(name)) as any;
  const method = METHODS[String(operator)] ?? camel(String(operator));
  const isList = operator === "any_of" || operator === "none_of";
  return found[method](...(value === undefined ? [] : isList ? (value as unknown[]) : [value]));
}

// ---------------------------------------------------------------- names and forms

function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function camelCase(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      camel(name),
      SECONDS.has(name) && typeof part === "number" ? part * 1_000 : part,
    ]),
  );
}

function withoutNulls({ headers, ...config }: Json): ConstructorParameters<typeof Netra>[0] {
  const found = camelCase(Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null)));
  return expand(headers ? { ...found, headers } : found) as ConstructorParameters<typeof Netra>[0];
}

/** Replace `{server}` and the short form of rows. */
function expand(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("{server}", url);
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== "object" || value === null) return value;
  const { $row, ...found } = Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, expand(part)]),
  );
  return $row ? { ...ROWS[$row as string], ...found } : found;
}

function rowsOf(page: unknown): object[] {
  const { traces, spans } = (page ?? {}) as { traces?: object[]; spans?: object[] };
  return traces ?? spans ?? [];
}

/** The id of a row; of a trace with spans, its id and theirs; of a page, those of its rows. */
function short(row: object): unknown {
  if ("hasNextPage" in row) return rowsOf(row).map(short);
  const { trace, spans, id } = row as { trace?: { id: string }; spans: { id: string }[]; id: string };
  return trace ? [trace.id, spans.map((span) => span.id)] : id;
}

function checkFields(expected: Json, found: unknown): void {
  const row = found as Json;
  for (const [name, value] of Object.entries(expected))
    expect(camel(name) in row ? row[camel(name)] : row[name], name).toEqual(value);
}

function checkError(expected: Expected["error"], error: unknown): void {
  if (!expected) {
    expect(error).toBeUndefined();
    return;
  }
  expect(error).toBeInstanceOf(NetraError);
  const found = error as NetraError & Json;
  expect(found.name, found.message).toBe(expected.name);
  const names: string[] = [];
  for (let proto = Object.getPrototypeOf(found); proto?.name; proto = Object.getPrototypeOf(proto))
    names.push(proto.name);
  for (const base of expected.bases ?? []) expect(names).toContain(base);
  for (const name of ["status_code", "cursor", "attempts", "request_id", "retry_after", "body"])
    if (name in expected) expect(found[camel(name)], name).toBe(expected[name]);
  for (const words of expected.says ?? []) expect(found.message).toContain(translated(words));
  const everything = [
    inspect(found, { depth: 9, showHidden: true }),
    found.stack,
    JSON.stringify(found),
  ].join();
  for (const words of expected.never_says ?? []) expect(everything).not.toContain(words);
}

/** Words that name an argument, as this language writes it. */
function translated(words: string): string {
  return /^[a-z]+(_[a-z]+)+$/.test(words) && !words.startsWith("has_") ? camel(words) : words;
}
