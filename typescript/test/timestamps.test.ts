/** One grammar for what callers give; the service's times are read with it, too. The vectors hold more of it. */

import { expect, test } from "vitest";
import { InvalidRequestError, parseTime } from "../src/index.js";
import { END, sessionUsage } from "./support/rows.js";
import { clientOf, errorOf, serve } from "./support/server.js";

/** The start that is sent. */
async function sentStart(startTime: string | Date): Promise<string | undefined> {
  const server = await serve([{ json: { data: sessionUsage() } }]);
  await clientOf(server).usage.getSessionUsage("session-123", startTime, "9999-12-31T23:59:59.999Z");
  return server.requests[0]?.query[0]?.[1];
}

test.each([
  ["2026-01-01", "2026-01-01T00:00:00.000Z"],
  ["2026-01-01T09:30", "2026-01-01T09:30:00.000Z"],
  ["2026-01-01 09:30:15", "2026-01-01T09:30:15.000Z"],
  ["2026-01-01t09:30:15z", "2026-01-01T09:30:15.000Z"],
  ["2026-01-01T09:30:00.5Z", "2026-01-01T09:30:00.500Z"],
  ["2026-01-01T09:30:00.9999999999Z", "2026-01-01T09:30:00.999Z"],
  ["2026-01-01T05:30:00+05:30", "2026-01-01T00:00:00.000Z"],
  ["2026-01-01T05:30:00+0530", "2026-01-01T00:00:00.000Z"],
  ["2025-12-31T21:00:00-03", "2026-01-01T00:00:00.000Z"],
  ["2024-02-29T00:00Z", "2024-02-29T00:00:00.000Z"],
  ["0001-01-01", "0001-01-01T00:00:00.000Z"],
  ["0099-03-01", "0099-03-01T00:00:00.000Z"],
])("%s is sent as %s", async (text, sent) => {
  expect(await sentStart(text)).toBe(sent);
});

test("a Date is sent in UTC, also one of another window or context", async () => {
  const date = new Date(Date.UTC(2026, 0, 1, 9, 30, 0, 7));
  expect(await sentStart(date)).toBe("2026-01-01T09:30:00.007Z");
  const { runInNewContext } = await import("node:vm");
  expect(await sentStart(runInNewContext("new Date(0)") as Date)).toBe("1970-01-01T00:00:00.000Z");
});

test.each([
  "", " ", "now", "20260101", "20260101T0930Z", "2026-W01-4", "2026-001", "2026-01", "2026-1-1", "26-01-01",
  "2026-01-01T", "2026-01-01T09", "2026-01-01T0930", "2026-01-01T09:30:00,5", "2026-01-01T09:30:00.", "2026-01-01T9:30",
  "2026-01-01T24:00", "2026-01-01T09:60", "2026-12-31T23:59:60Z", "2026-01-01T09:30.5", "2026-01-01Z",
  "2026-01-01T09:30+24:00", "2026-01-01T09:30+01:60", "2026-01-01T09:30+01:00:30", "2026-01-01T09:30 Z",
  " 2026-01-01", "2026-01-01\n", "+2026-01-01", "-0001-01-01", "+002026-01-01", "0000-01-01", "10000-01-01",
  "2026-02-30", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "0001-01-01T00:00+01:00",
  "٢٠٢٦-٠١-٠١", "2026–01–01", "Thu, 01 Jan 2026 00:00:00 GMT", "1768469400000",
])("%j is refused", async (text) => {
  const { usage } = clientOf(await serve([]));
  const { message } = await errorOf(InvalidRequestError, usage.getSessionUsage("a", text, END));
  expect(message).toContain("startTime");
  if (!/^\d+$/.test(text)) expect(parseTime(text)).toBeNull();
}); // biome-ignore format: a list

test.each([
  new Date(Number.NaN),
  new Date(8.64e15),
  1_768_469_400_000,
  null,
  undefined,
  true,
  [],
  {},
  Symbol("x"),
  () => 5,
])("%s is refused as a time", async (value) => {
  const { usage } = clientOf(await serve([]));
  await errorOf(InvalidRequestError, usage.getSessionUsage("a", value as never, END));
  await errorOf(InvalidRequestError, usage.getSessionUsage("a", "2026-01-01", value as never));
});

test("a day is no end, and the end is not before the start", async () => {
  const { usage } = clientOf(await serve([]));
  const day = await errorOf(InvalidRequestError, usage.getSessionUsage("a", "2026-01-01", "2026-01-31"));
  expect(day.message).toContain("2026-01-31T23:59:59.999Z");
  await errorOf(InvalidRequestError, usage.getSessionUsage("a", END, "2026-01-01T00:00Z"));
});

test("an end that is the start is a window of one millisecond", async () => {
  const server = await serve([{ json: { data: null } }]);
  expect(await clientOf(server).usage.getSessionUsage("a", END, END)).toBeNull();
});

test("parseTime reads what the service sends", () => {
  expect(parseTime("2026-01-15T09:30:00.000Z")).toEqual(new Date(Date.UTC(2026, 0, 15, 9, 30)));
  expect(parseTime("1768469400000")).toEqual(new Date(1_768_469_400_000));
  expect(parseTime("-1")).toEqual(new Date(-1));
  for (const text of [null, "", "later", "99999999999999999999"]) expect(parseTime(text)).toBeNull();
});
