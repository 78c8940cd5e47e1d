/** The caller's signal ends a call wherever it is, and nothing more is sent. */

import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { SYSTEM_CLOCK } from "../src/core/clock.js";
import { APIUserAbortError, type CallOptions, ConfigurationError } from "../src/index.js";
import { pageOf } from "./support/pages.js";
import { END, page, START, sessionUsage, trace, WINDOW } from "./support/rows.js";
import { all, clientOf, errorOf, type Reply, serve, silence, until } from "./support/server.js";

/** A signal that counts who listens. */
function watchedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const watched = {
    get aborted() {
      return signal.aborted;
    },
    addEventListener(type: "abort", listener: () => void) {
      listeners += 1;
      signal.addEventListener(type, listener);
    },
    removeEventListener(type: "abort", listener: () => void) {
      listeners -= 1;
      signal.removeEventListener(type, listener);
    },
  };
  return { signal: watched, abort: () => controller.abort(), listeners: () => listeners };
}

async function started(replies: (number: number) => Reply, options: CallOptions = {}) {
  const server = await serve((_, number) => replies(number));
  const watched = watchedSignal();
  const { usage } = clientOf(server, { clock: SYSTEM_CLOCK });
  const call = () => usage.getSessionUsage("session-123", START, END, { signal: watched.signal, ...options });
  return { server, usage, call, ...watched };
}

const GOOD = { json: { data: sessionUsage() } };

test("before the call: nothing is sent, and no attempt was made", async () => {
  const { server, usage, call, abort, signal, listeners } = await started(() => GOOD);
  abort();
  const error = await errorOf(APIUserAbortError, call());
  expect(error.attempts).toBe(0);
  const walk = usage.iterTraces(WINDOW, { signal });
  expect((await errorOf(APIUserAbortError, walk.next())).cursor).toBeNull();
  await errorOf(APIUserAbortError, usage.iterTraces(WINDOW, { signal }).withSpans().next());
  await errorOf(APIUserAbortError, usage.iterTraces(WINDOW, { signal }).pages().next());
  expect([server.requests.length, listeners()]).toEqual([0, 0]);
});

test("an argument that makes no sense is refused first", async () => {
  const { usage, abort, signal } = await started(() => GOOD);
  abort();
  await expect(usage.getSessionUsage("", START, END, { signal })).rejects.toMatchObject({
    name: "InvalidRequestError",
  });
});

test("while connecting", async () => {
  const { call, abort, listeners, server } = await started(() => silence);
  const running = call();
  await until(() => listeners() === 1);
  abort();
  expect(await errorOf(APIUserAbortError, running)).toMatchObject({ attempts: 1 });
  expect(listeners()).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(server.requests.length).toBeLessThanOrEqual(1);
});

test("while the server is silent", async () => {
  const { call, abort, listeners, server } = await started(() => silence);
  const running = call();
  await until(() => server.requests.length === 1);
  abort();
  expect(await errorOf(APIUserAbortError, running)).toMatchObject({ attempts: 1 });
  await until(() => server.aborted === 1);
  expect([server.requests.length, listeners()]).toEqual([1, 0]);
});

test("in the body", async () => {
  let sent = false;
  const { call, abort, listeners, server } = await started(() => (response: ServerResponse) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"data": ', () => {
      sent = true;
    });
  });
  const running = call();
  await until(() => sent);
  abort();
  expect(await errorOf(APIUserAbortError, running)).toMatchObject({ attempts: 1 });
  await until(() => server.aborted === 1);
  expect(listeners()).toBe(0);
});

test("in the backoff: at once, and nothing more is sent", async () => {
  const { call, abort, listeners, server } = await started(() => ({
    status: 429,
    headers: { "retry-after": "50" },
    json: {},
  }));
  const running = call();
  await until(() => server.requests.length === 1 && listeners() === 1);
  await new Promise((resolve) => setTimeout(resolve, 20)); // into the backoff, on a machine that is not too busy
  abort();
  expect((await errorOf(APIUserAbortError, running)).attempts).toBe(1);
  expect([server.requests.length, listeners()]).toEqual([1, 0]);
});

test("in the second attempt: it counts the first", async () => {
  const { call, abort, server } = await started((number) =>
    number === 1 ? { status: 503, json: {} } : silence,
  );
  const running = call();
  await until(() => server.requests.length === 2);
  abort();
  expect((await errorOf(APIUserAbortError, running)).attempts).toBe(2);
});

test("between two rows: no row comes after it, and each further call throws with the cursor", async () => {
  const { usage, abort, signal, listeners, server } = await started(() => ({
    json: page([trace(1), trace(2)]),
  }));
  const walk = usage.iterTraces(WINDOW, { signal });
  const found: string[] = [];
  const error = await errorOf(APIUserAbortError, async () => {
    for await (const row of walk) {
      found.push(row.id);
      abort();
    }
  });
  expect(found).toEqual(["trace-1"]);
  expect(error.cursor).toBe("cursor-1");
  expect((await errorOf(APIUserAbortError, walk.next())).cursor).toBe("cursor-1");
  expect([server.requests.length, listeners()]).toEqual([1, 0]);
});

test("between two pages", async () => {
  const server = await serve((request) => pageOf(request, 6));
  const { usage } = clientOf(server);
  const { signal, abort } = watchedSignal();
  const pages = usage.iterTraces({ ...WINDOW, limit: 2 }, { signal }).pages();
  await pages.next();
  abort();
  expect((await errorOf(APIUserAbortError, pages.next())).cursor).toBe("cursor-2");
});

test("a signal that is never aborted ends with no listener, whatever came of the call", async () => {
  const { call, usage, signal, listeners } = await started((number) =>
    number === 1
      ? GOOD
      : number === 2
        ? { status: 400, json: {} }
        : { json: page([trace(number)], number < 5) },
  );
  await call();
  await expect(call()).rejects.toMatchObject({ statusCode: 400 });
  await all(usage.iterTraces(WINDOW, { signal }));
  expect(listeners()).toBe(0);
});

test("signals of the client's options do not exist; null is none", async () => {
  const server = await serve(() => GOOD);
  const { usage } = clientOf(server);
  expect(await usage.getSessionUsage("session-123", START, END, { signal: null })).not.toBeNull();
  for (const signal of [5, {}, new AbortController()])
    await errorOf(
      ConfigurationError,
      usage.getSessionUsage("session-123", START, END, { signal: signal as never }),
    );
});
