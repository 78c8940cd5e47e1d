/** One line for each attempt; a broken logger costs no result. */

import { expect, test, vi } from "vitest";
import { END, page, START, sessionUsage, trace, WINDOW } from "./support/rows.js";
import { clientOf, reset, serve } from "./support/server.js";

const GOOD = { json: { data: sessionUsage() } };

function linesOf() {
  const lines: string[] = [];
  const warnings: string[] = [];
  const logger = {
    debug: (line: string) => void lines.push(line),
    warn: (line: string) => void warnings.push(line),
  };
  return { lines, warnings, logger };
}

test("each attempt is one line: method, path, outcome, number, and the wait before the next", async () => {
  const { lines, warnings, logger } = linesOf();
  const server = await serve([{ status: 503, json: {} }, reset, GOOD]);
  await clientOf(server, { logger }).usage.getSessionUsage("session-123", START, END);
  const start = "GET /usage/sessions/session-123: ";
  expect(lines.map((line) => line.replace(/\d+ ms$|\d+ ms(?=,)/, "N ms"))).toEqual([
    `${start}503, attempt 1, N ms, next attempt in 500 ms`,
    `${start}APIConnectionError, attempt 2, N ms, next attempt in 1000 ms`,
    `${start}ok, attempt 3, N ms`,
  ]);
  expect(warnings).toEqual([]);
});

test("a page that was too large says so", async () => {
  const { lines, logger } = linesOf();
  const server = await serve((request) => ({
    json: page(request.body.includes('"limit":1') ? [trace()] : [trace(1, { name: "x".repeat(9_000) })]),
  }));
  await clientOf(server, { logger, maxResponseBytes: 5_000 }).usage.listTraces({ ...WINDOW, limit: 2 });
  expect(lines[0]).toMatch(/too large, asked for in smaller pages, attempt 1/);
  expect(lines[1]).toMatch(/ok, attempt 2/);
});

test.each([
  ["throws", { debug: () => { throw new Error("disk full"); }, warn: () => { throw new Error("disk full"); } }],
  ["has no methods", {}],
])("a logger that %s costs no result", async (_, logger) => {
  const server = await serve([{ status: 503, json: {} }, GOOD]);
  const { usage } = clientOf(server, { logger: logger as never });
  expect(await usage.getSessionUsage("session-123", START, END)).toMatchObject({ tokenCount: 30 });
}); // biome-ignore format: a list

test("console is a logger; without one, debug lines go nowhere", async () => {
  const debug = vi.spyOn(console, "debug").mockImplementation(() => {});
  const server = await serve([GOOD, GOOD]);
  await clientOf(server).usage.getSessionUsage("session-123", START, END);
  expect(debug).not.toHaveBeenCalled();
  await clientOf(server, { logger: console }).usage.getSessionUsage("session-123", START, END);
  expect(debug).toHaveBeenCalledOnce();
  debug.mockRestore();
});
