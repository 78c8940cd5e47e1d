/** A call ends by its limits, whatever comes over the wire. No test measures how long that took. */

import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { APITimeoutError, type CallOptions, type FetchInit } from "../src/index.js";
import { END, page, START, sessionUsage, trace, WINDOW } from "./support/rows.js";
import { clientOf, errorOf, type Reply, serve, silence, until } from "./support/server.js";

const BODY = JSON.stringify({ data: sessionUsage() });

/** A call that gets this reply, on a connection that is there already. */
async function callOf(reply: Reply, options: CallOptions) {
  const server = await serve((_, number) => (number === 1 ? { body: BODY } : reply));
  const { usage } = clientOf(server, { maxRetries: 0 });
  await usage.getSessionUsage("session-123", START, END);
  return { server, call: usage.getSessionUsage("session-123", START, END, options) };
}

/** Send a body bit by bit, with this many milliseconds between; what goes on for ever ends with the connection. */
const drip =
  (parts: string[], pause: number, forEver = false) =>
  (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json" });
    let place = 0;
    const timer = setInterval(() => {
      const part = parts[place] ?? (forEver ? " " : undefined);
      place += 1;
      if (part === undefined) {
        clearInterval(timer);
        response.end();
      } else response.write(part);
    }, pause);
    response.on("close", () => clearInterval(timer));
  };

test("silence ends an attempt, and its request", async () => {
  const { server, call } = await callOf(silence, { timeout: 500 });
  const error = await errorOf(APITimeoutError, call);
  expect(error.message).toMatch(/timeout: 500 ms is over, in attempt 1/);
  expect(error.attempts).toBe(1);
  await until(() => server.aborted === 1);
});

test("silence in the body ends it, too", async () => {
  const { call } = await callOf(
    (response) => {
      response.writeHead(200, { "content-length": String(BODY.length) });
      response.write(BODY.slice(0, 10));
    },
    { timeout: 100 },
  );
  expect((await errorOf(APITimeoutError, call)).message).toContain("timeout: 100 ms");
});

test("what arrives in parts has the time for each of them", async () => {
  const parts = BODY.match(/.{1,2}/g) as string[];
  const { call } = await callOf(drip(parts, 40), { timeout: 1_000, deadline: 30_000 });
  expect(parts.length * 40).toBeGreaterThan(1_000);
  expect(await call).toMatchObject({ tokenCount: 30 });
});

test("the deadline ends what drips for ever, and its request", async () => {
  const { server, call } = await callOf(drip([], 5, true), { timeout: 10_000, deadline: 500 });
  const error = await errorOf(APITimeoutError, call);
  expect(error.message).toMatch(/deadline: 500 ms is over, after 1 attempt/);
  await until(() => server.aborted === 1);
});

test("the deadline is that of the call, over all attempts", async () => {
  const server = await serve(() => silence);
  const { usage } = clientOf(server, { maxRetries: 100, timeout: 40, deadline: 5_000 });
  const error = await errorOf(APITimeoutError, usage.getSessionUsage("a", START, END));
  expect(error.attempts).toBeLessThan(10); // of the waits, half a second and more each, there is no room for ten
  expect(error.attempts).toBeGreaterThan(1);
});

test("a server that accepts and says nothing, not even to the connection", async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const { usage } = clientOf(
    { url: `http://127.0.0.1:${port}`, requests: [], aborted: 0 },
    { maxRetries: 0 },
  );
  await errorOf(APITimeoutError, usage.getSessionUsage("a", START, END, { timeout: 30 }));
});

test.each([
  ["that never answers", () => new Promise<never>(() => {})],
  [
    "whose body never comes",
    async () => ({
      status: 200,
      headers: { get: () => null },
      body: null,
      arrayBuffer: () => new Promise<never>(() => {}),
    }),
  ],
  [
    "whose stream never goes on",
    async () => new Response(new ReadableStream({ pull: () => new Promise<never>(() => {}) })),
  ],
])("a fetch that ignores its signal, %s, is not waited for", async (_, fetch) => {
  let signal: AbortSignal | undefined;
  const watched = (_: string, init: FetchInit) => {
    signal = init.signal as AbortSignal;
    return fetch() as Promise<Response>;
  };
  const { usage } = clientOf(
    { url: "https://a.example", requests: [], aborted: 0 },
    { fetch: watched, maxRetries: 0 },
  );
  await errorOf(APITimeoutError, usage.getSessionUsage("a", START, END, { timeout: 20 }));
  await errorOf(APITimeoutError, usage.getSessionUsage("a", START, END, { deadline: 20 }));
  expect(signal?.aborted).toBe(true);
  const controller = new AbortController();
  const aborted = usage.getSessionUsage("a", START, END, { signal: controller.signal });
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ name: "APIUserAbortError" });
});

test("limits of more than a timer can hold do not fire at once", async () => {
  const server = await serve(() => ({ json: page([trace()]) }));
  const { usage } = clientOf(server);
  const options = { timeout: 2 ** 40, deadline: Infinity };
  expect((await usage.listTraces(WINDOW, options)).traces).toHaveLength(1);
});

test("a walk may take longer than the deadline, which is that of each call", async () => {
  const server = await serve((_, number) => ({ json: page([trace(number)], number < 3) }));
  const clock = { now: () => number * 1_000, utcNow: () => 0, jitter: () => 1, sleep: async () => {} };
  let number = 0;
  const { usage } = clientOf(server, { deadline: 900, timeout: 900, clock, prefetch: false });
  for await (const row of usage.iterTraces({ ...WINDOW, limit: 1 })) {
    number += 1;
    expect(row.id).toBe(`trace-${number}`);
  }
  expect(number).toBe(3);
});
