/** What is tried again, after how long, and when a call gives up. */

import { describe, expect, test } from "vitest";
import {
  APIConnectionError,
  APIStatusError,
  BadRequestError,
  type CallOptions,
  type ClientOptions,
  RateLimitError,
  ServerError,
} from "../src/index.js";
import { QuickClock } from "./support/clock.js";
import { pageOf, traceIdOf } from "./support/pages.js";
import { END, START, sessionUsage, WINDOW } from "./support/rows.js";
import { all, clientOf, errorOf, type Reply, reset, serve, silence } from "./support/server.js";

const GOOD = { json: { data: sessionUsage() } };
const failing = (status: number, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  json: { message: "no" },
});

/** Call until the replies lead to a result or an error; `waits` are those between the attempts. */
async function attempt(replies: Reply[], options: ClientOptions & CallOptions = {}, chance = 1) {
  const server = await serve(replies);
  const clock = new QuickClock(chance);
  const { usage } = clientOf(server, { clock, ...options });
  const call = usage.getSessionUsage("session-123", START, END);
  return { server, clock, call, waits: clock.waits };
}

test.each([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])(
  "%i is tried again",
  async (status) => {
    const { call, server } = await attempt([failing(status), GOOD]);
    expect(await call).toMatchObject({ tokenCount: 30 });
    expect(server.requests).toHaveLength(2);
  },
);

test.each([301, 400, 401, 403, 404, 409, 410, 418, 422, 499, 501, 505, 598])("%i is not", async (status) => {
  const { call, server } = await attempt([failing(status), GOOD]);
  await expect(call).rejects.toMatchObject({ statusCode: status, attempts: 1 });
  expect(server.requests).toHaveLength(1);
});

test("a broken connection is tried again; its error counts the attempts", async () => {
  const once = await attempt([reset, GOOD]);
  expect(await once.call).toMatchObject({ tokenCount: 30 });
  const { call, server } = await attempt([reset, reset, reset], { maxRetries: 2 });
  expect((await errorOf(APIConnectionError, call)).attempts).toBe(3);
  expect(server.requests).toHaveLength(3);
});

test("maxRetries: 0 switches it off, for the client or for a call", async () => {
  const { call, server, waits } = await attempt([failing(503)], { maxRetries: 0 });
  expect((await errorOf(ServerError, call)).attempts).toBe(1);
  expect([server.requests.length, waits]).toEqual([1, []]);
  const other = await serve([failing(503)]);
  const single = clientOf(other).usage.getSessionUsage("session-123", START, END, { maxRetries: 0 });
  expect((await errorOf(ServerError, single)).attempts).toBe(1);
});

describe("backoff", () => {
  const broken = Array.from({ length: 8 }, () => failing(503));

  test("doubles from half a second up to eight, and the jitter shortens it", async () => {
    const whole = await attempt(broken, { maxRetries: 6 });
    expect((await errorOf(ServerError, whole.call)).attempts).toBe(7);
    expect(whole.waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
    const quarter = await attempt(broken, { maxRetries: 3 }, 0.25);
    await errorOf(ServerError, quarter.call);
    expect(quarter.waits).toEqual([125, 250, 500]);
  });

  test.each([
    ["2", 2_000],
    ["0.25", 500],
    ["1, 3, 2", 3_000],
    ["Sun, 01 Feb 2026 00:00:07 GMT", 7_000],
    ["Sunday, 01-Feb-26 00:00:07 GMT", 7_000],
    ["Sun Feb  1 00:00:07 2026", 7_000],
    ["Sun, 01 Feb 2026 00:00:07 GMT, Sun, 01 Feb 2026 00:00:09 GMT", 9_000],
    ["Thu, 01 Jan 2026 00:00:00 GMT", 500],
    ["soon", 500],
    ["-5", 500],
    ["60", 60_000],
  ])("Retry-After: %s makes it %i ms", async (value, wait) => {
    const { call, waits } = await attempt([failing(503, { "retry-after": value }), GOOD]);
    await call;
    expect(waits.map(Math.round)).toEqual([wait]);
  });

  test("a Retry-After of more than a minute is left to the caller, in seconds", async () => {
    const { call, server } = await attempt([failing(429, { "retry-after": "61" })]);
    expect(await errorOf(RateLimitError, call)).toMatchObject({
      retryAfter: 61,
      attempts: 1,
      statusCode: 429,
    });
    expect(server.requests).toHaveLength(1);
    const date = await attempt([failing(503, { "retry-after": "Sun, 01 Feb 2026 01:00:00 GMT" })]);
    expect(await errorOf(ServerError, date.call)).toMatchObject({ retryAfter: 3_600, attempts: 1 });
  });

  test("no wait is begun that the deadline would cut", async () => {
    const { call, waits } = await attempt(broken, { deadline: 2_000 });
    expect((await errorOf(ServerError, call)).attempts).toBe(3);
    expect(waits).toEqual([500, 1_000]);
    const asked = await attempt([failing(429, { "retry-after": "30" })], { deadline: 20_000 });
    expect(await errorOf(RateLimitError, asked.call)).toMatchObject({ retryAfter: 30, attempts: 1 });
    expect(asked.waits).toEqual([]);
  });
});

test("a 429 to one call of a walk pauses the others, and no attempt begins before", async () => {
  const clock = new QuickClock();
  const sent: number[] = [];
  let isLimited = true;
  const server = await serve((request) => {
    sent.push(clock.waits.length);
    if (traceIdOf(request) === "trace-1" && isLimited) {
      isLimited = false;
      return failing(429, { "retry-after": "20" });
    }
    return pageOf(request, traceIdOf(request) ? 1 : 3);
  });
  const { usage } = clientOf(server, { clock });
  const rows = await all(usage.iterTraces({ ...WINDOW, limit: 1 }).withSpans({ concurrency: 1 }));
  expect(rows).toHaveLength(3);
  // The next page of the list was on its way already, or waited, too.
  expect(clock.waits.length).toBeGreaterThanOrEqual(1);
  for (const wait of clock.waits) expect(wait).toBeLessThanOrEqual(20_000);
  expect(Math.max(...clock.waits)).toBeGreaterThan(19_000);
  const retried = server.requests.findLastIndex((request) => traceIdOf(request) === "trace-1");
  for (const request of sent.slice(retried)) expect(request).toBeGreaterThanOrEqual(1);
});

test("the pause of one walk is none of another walk", async () => {
  const clock = new QuickClock();
  const server = await serve((request, number) =>
    number === 1 ? failing(429, { "retry-after": "61" }) : pageOf(request, 1),
  );
  const { usage } = clientOf(server, { clock });
  await errorOf(RateLimitError, all(usage.iterTraces(WINDOW)));
  expect(await all(usage.iterTraces(WINDOW))).toHaveLength(1);
  expect(clock.waits).toEqual([]);
});

test("each call of a walk has its own retries", async () => {
  const tried = new Map<string, number>();
  const server = await serve((request) => {
    const key = request.body + request.target;
    const times = (tried.get(key) ?? 0) + 1;
    tried.set(key, times);
    return times < 3 ? failing(503) : pageOf(request, 4);
  });
  const { usage } = clientOf(server, { maxRetries: 2 });
  expect(await all(usage.iterTraces({ ...WINDOW, limit: 1 }))).toHaveLength(4);
  expect(server.requests).toHaveLength(12);
});

test("what was refused in the last attempt is thrown, not what came before", async () => {
  const { call } = await attempt([failing(503), reset, failing(400)]);
  const error = await errorOf(BadRequestError, call);
  expect(error).toBeInstanceOf(APIStatusError);
  expect(error.attempts).toBe(3);
});

test("a certificate that is not trusted is not tried again", async () => {
  let attempts = 0;
  const fetch = async (): Promise<never> => {
    attempts += 1;
    throw Object.assign(new TypeError("fetch failed"), {
      cause: Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
    });
  };
  const { usage } = clientOf({ url: "https://a.example", requests: [], aborted: 0 }, { fetch });
  const error = await errorOf(APIConnectionError, usage.getSessionUsage("a", START, END));
  expect(error.message).toContain("NODE_EXTRA_CA_CERTS");
  expect(attempts).toBe(1);
});

test("a silent attempt is tried again", async () => {
  const server = await serve([silence, GOOD]);
  const { usage } = clientOf(server, { timeout: 500 });
  expect(await usage.getSessionUsage("session-123", START, END)).toMatchObject({ tokenCount: 30 });
});
