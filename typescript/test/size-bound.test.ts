/** No answer takes more memory than `maxResponseBytes`: pages are asked for in smaller ones. */

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { APIResponseValidationError } from "../src/index.js";
import { limitOf, pageOf, traceIdOf } from "./support/pages.js";
import { END, page, START, sessionUsage, span, trace, WINDOW } from "./support/rows.js";
import { all, clientOf, errorOf, idsOf, serve, until } from "./support/server.js";

const LARGE = "x".repeat(1_000);
const SMALL = { maxResponseBytes: 4_000 }; // room for two or three rows of this kind

test("a page that is too large is asked for in halves, and the walk goes on so", async () => {
  const server = await serve((request) => pageOf(request, 7, { name: LARGE }));
  const { usage } = clientOf(server, { ...SMALL, prefetch: false, maxRetries: 0 });
  expect(idsOf(await all(usage.iterTraces({ ...WINDOW, limit: 7 })))).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map((number) => `trace-${number}`),
  );
  const limits = server.requests.map(limitOf);
  expect(limits.slice(0, 2)).toEqual([7, 3]);
  expect(limits.at(-1)).toBeLessThanOrEqual(3);
  expect(limits).toEqual([...limits].sort((one, other) => other - one));
});

test("a single page becomes smaller, too, also where no limit was given", async () => {
  const server = await serve((request) => pageOf(request, 30, { name: LARGE }));
  const { usage } = clientOf(server, { ...SMALL, maxRetries: 0 });
  const { traces, hasNextPage, nextCursor } = await usage.listTraces(WINDOW);
  expect(server.requests.map(limitOf)).toEqual([20, 10, 5, 2]);
  expect([idsOf(traces), hasNextPage, nextCursor]).toEqual([["trace-1", "trace-2"], true, "cursor-2"]);
});

test("spans and traces have sizes of their own", async () => {
  const server = await serve((request) => pageOf(request, 4, traceIdOf(request) ? { name: LARGE } : {}));
  const { usage } = clientOf(server, { ...SMALL, maxRetries: 0 });
  const rows = await all(usage.iterTraces({ ...WINDOW, limit: 4 }).withSpans({ concurrency: 1 }));
  expect(rows.map(({ spans }) => spans.length)).toEqual([4, 4, 4, 4]);
  expect(server.requests.filter((request) => !traceIdOf(request)).map(limitOf)).toEqual([4]);
});

test("a row that does not fit alone is an error that says what to raise, with the cursor before it", async () => {
  const server = await serve((request) =>
    limitOf(request) > 1 || request.body.includes("cursor-1")
      ? { json: page([trace(2, { name: "x".repeat(9_000) })]) }
      : { json: page([trace(1)], true) },
  );
  const { usage } = clientOf(server, { ...SMALL, prefetch: false });
  const error = await errorOf(APIResponseValidationError, all(usage.iterTraces(WINDOW)));
  expect(error.message).toContain("more than 4000 bytes. Raise maxResponseBytes");
  expect(error.cursor).toBe("cursor-1");
});

test("usage that is too large is refused at once, and its connection ended", async () => {
  const server = await serve(() => (response) => {
    response.writeHead(200);
    const write = () => {
      while (!response.destroyed && response.write(" ".repeat(10_000)));
    };
    response.on("drain", write);
    write();
  });
  const { usage } = clientOf(server);
  const error = await errorOf(
    APIResponseValidationError,
    usage.getSessionUsage("session-123", START, END, { maxResponseBytes: 100_000 }),
  );
  expect(error.attempts).toBe(1);
  expect(server.requests).toHaveLength(1);
  await until(() => server.aborted === 1);
});

test("what counts is the size after decoding: a small body may be a large one", async () => {
  const bomb = gzipSync(Buffer.alloc(10_000_000, 0x20));
  const server = await serve(() => ({ body: bomb, headers: { "content-encoding": "gzip" } }));
  const { usage } = clientOf(server, { maxResponseBytes: 1_000_000 });
  expect(bomb.length).toBeLessThan(20_000);
  await errorOf(APIResponseValidationError, usage.getSessionUsage("session-123", START, END));
});

test("exactly as many bytes as are allowed are read, in one part and in many", async () => {
  const body = JSON.stringify({ data: sessionUsage() });
  const server = await serve(() => ({ body }));
  const { usage } = clientOf(server, { maxResponseBytes: body.length });
  expect(await usage.getSessionUsage("session-123", START, END)).toMatchObject({ tokenCount: 30 });
  await errorOf(
    APIResponseValidationError,
    usage.getSessionUsage("session-123", START, END, { maxResponseBytes: body.length - 1 }),
  );
  const parts = await serve(() => (response) => {
    for (const byte of Buffer.from(JSON.stringify(page([span(1, { name: "é🙂" })]))))
      response.write(Buffer.of(byte));
    response.end();
  });
  const { spans } = await clientOf(parts).usage.listSpansByTraceId({ traceId: "trace-1" });
  expect(spans[0]?.name).toBe("é🙂");
});
