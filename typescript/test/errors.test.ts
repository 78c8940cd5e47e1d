/** The tree of errors: names, places in it, and what each of them knows. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { build } from "esbuild";
import { describe, expect, test, vi } from "vitest";
import * as sdk from "../src/index.js";
import { END, START } from "./support/rows.js";
import { clientOf, errorOf, serve } from "./support/server.js";

const SOURCE = new URL("../src/errors.ts", import.meta.url).pathname;

type AnyError = new (message: string, details?: object) => sdk.NetraError;
const CLASSES = Object.entries(sdk).filter(
  ([, value]) => typeof value === "function" && value.prototype instanceof Error,
) as [string, AnyError][];

/** The drawing at the top of the source: name → name of its parent. */
function drawnTree(): Map<string, string> {
  const drawing = /\/\*\*.*?\*\//s.exec(readFileSync(SOURCE, "utf8"))?.[0] ?? "";
  const above: [depth: number, name: string][] = [];
  const parents = new Map<string, string>();
  for (const [line, name] of drawing.matchAll(/^ \* {5}.*?(\w+Error)\b/gm)) {
    const depth = line.indexOf(name as string);
    while ((above.at(-1)?.[0] ?? -1) >= depth) above.pop();
    parents.set(name as string, above.at(-1)?.[1] ?? "Error");
    above.push([depth, name as string]);
  }
  return parents;
}

test("the tree is as it is drawn, and all of it is exported", () => {
  const found = new Map(CLASSES.map(([name, each]) => [name, Object.getPrototypeOf(each).name as string]));
  expect(found).toEqual(drawnTree());
  expect(found.size).toBe(18);
});

describe("each error", () => {
  test.each(CLASSES)("%s has its name, a stack, a cursor and attempts", (name, errorClass) => {
    const error = new errorClass("what happened", { statusCode: 418 });
    expect(error).toBeInstanceOf(sdk.NetraError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, message: "what happened", cursor: null, attempts: 0 });
    expect(String(error)).toBe(`${name}: what happened`);
    expect(error.stack).toContain(`${name}: what happened`);
    expect(Object.keys(error)).not.toContain("name");
  });
});

test("names survive a bundler that renames classes", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(SOURCE)}`,
      resolveDir: new URL(".", import.meta.url).pathname,
      loader: "ts",
    },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const code = outputFiles[0]?.text ?? "";
  const minified = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Record<
    string,
    AnyError
  >;
  const renamed: string[] = [];
  for (const [name] of CLASSES) {
    const errorClass = minified[name] as AnyError;
    const error = new errorClass("x", { statusCode: 400 });
    expect(error.name).toBe(name);
    expect(error.stack).toContain(`${name}: x`);
    if (errorClass.name !== name) renamed.push(name);
  }
  expect(renamed.length).toBeGreaterThan(15); // otherwise this test shows nothing
});

test.each([
  [400, sdk.BadRequestError, "Check the arguments"],
  [401, sdk.AuthenticationError, "NETRA_API_KEY"],
  [403, sdk.PermissionDeniedError, "permission"],
  [404, sdk.NotFoundError, "endpoint"],
  [409, sdk.ConflictError, ""],
  [422, sdk.UnprocessableEntityError, ""],
  [429, sdk.RateLimitError, "fewer requests"],
  [500, sdk.ServerError, "try again later"],
  [599, sdk.ServerError, ""],
  [302, sdk.APIStatusError, "Redirects are not followed"],
  [418, sdk.APIStatusError, ""],
  [600, sdk.APIStatusError, ""],
] as const)(
  "%i is told with what was asked, what came, and what to do",
  async (status, errorClass, advice) => {
    const headers = { "x-request-id": "req-7", "retry-after": "3", location: "https://b.example/" };
    const server = await serve(() => ({ status, headers, json: { message: ["no", "way."] } }));
    const { usage } = clientOf(server, { maxRetries: 0 });
    const error = await errorOf<sdk.APIStatusError>(errorClass, usage.getSessionUsage("a b", START, END));
    expect(error).toMatchObject({
      statusCode: status,
      requestId: "req-7",
      retryAfter: 3,
      attempts: 1,
      cursor: null,
      body: '{"message":["no","way."]}',
    });
    expect(error.message).toContain(
      `GET /usage/sessions/a%20b answered ${status}: no; way. (request id req-7)`,
    );
    expect(error.message).toContain(server.url);
    expect(error.message).toContain("asks to wait 3 s");
    expect(error.message).toContain(advice);
  },
);

test("redirects are not followed, neither to another address nor to the same", async () => {
  const other = await serve([]);
  const server = await serve((_, number) => ({
    status: number % 2 ? 307 : 301,
    headers: { location: number < 3 ? "/elsewhere" : other.url },
    body: "",
  }));
  const { usage } = clientOf(server);
  for (let number = 1; number <= 4; number += 1) {
    const error = await errorOf(sdk.APIStatusError, usage.getSessionUsage("a", START, END));
    expect(error.message).toContain(`It points to ${number < 3 ? "/elsewhere" : other.url}`);
  }
  expect([server.requests.length, other.requests.length]).toEqual([4, 0]);
});

test.each([
  ["a browser hides", { type: "opaqueredirect", status: 0 }, 0],
  ["a fetch has followed", { redirected: true, status: 200 }, 200],
])("a redirect that %s is refused, too", async (_, response, statusCode) => {
  const fetch = async () => ({
    headers: new Headers(),
    arrayBuffer: async () => new ArrayBuffer(0),
    ...response,
  });
  const { usage } = new sdk.Netra({ endpoint: "https://a.example", fetch });
  const error = await errorOf(sdk.APIStatusError, usage.getSessionUsage("a", START, END));
  expect(error).toMatchObject({ statusCode, attempts: 1, body: "", requestId: null, retryAfter: null });
  expect(error.message).toMatch(/answered with a redirect.*another address/);
});

test("an HTML page is told by its title; a long body is cut", async () => {
  const html = "<!DOCTYPE html><html><head><title> Log\n in </title></head><body>secret</body></html>";
  const server = await serve([
    { status: 502, body: html, headers: { "content-type": "text/html" } },
    { body: html },
    { status: 500, body: "x".repeat(9_000) },
  ]);
  const { usage } = clientOf(server, { maxRetries: 0 });
  const proxy = await errorOf(sdk.ServerError, usage.getSessionUsage("a", START, END));
  expect(proxy.message).toContain('an HTML page (text/html) with the title "Log in"');
  const success = await errorOf(sdk.APIResponseValidationError, usage.getSessionUsage("a", START, END));
  expect(success.message).toContain('an HTML page (application/json) with the title "Log in"');
  const long = await errorOf(sdk.ServerError, usage.getSessionUsage("a", START, END));
  expect([long.body.length, long.message.length < 600]).toEqual([2_000, true]);
});

test("a connection that is refused names the endpoint, and the variable that it comes from", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const endpoint = `http://127.0.0.1:${(free.address() as AddressInfo).port}`;
  free.close();
  await once(free, "close");
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
  const { usage } = new sdk.Netra({ maxRetries: 0 });
  const error = await errorOf(sdk.APIConnectionError, usage.getSessionUsage("a", START, END));
  expect(error.message).toContain(`${endpoint}, which OTEL_EXPORTER_OTLP_ENDPOINT names`);
  expect(error.message).toContain("ECONNREFUSED");
  expect(error.cause).toBeUndefined();
});
