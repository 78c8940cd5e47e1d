/** Traces with their spans: in order, a few at a time, and none lost by an error. */

import { expect, test } from "vitest";
import { APIUserAbortError, InvalidRequestError, NotFoundError, ServerError } from "../src/index.js";
import { cursorOf, pageOf, traceIdOf } from "./support/pages.js";
import { page, trace, WINDOW } from "./support/rows.js";
import {
  all,
  clientOf,
  errorOf,
  idsOf,
  type Received,
  type Reply,
  serve,
  silence,
  until,
} from "./support/server.js";

const TWO = { ...WINDOW, limit: 2 };
const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `trace-${first + index}`);
const traceIds = (rows: readonly { trace: { id: string } }[]) => rows.map((row) => row.trace.id);

/** Six traces in pages of two, each with three spans, where `other` may answer instead. */
async function service(
  other: (request: Received, number: number) => Reply | Promise<Reply> | undefined = () => undefined,
) {
  const server = await serve(
    (request, number) => other(request, number) ?? pageOf(request, traceIdOf(request) ? 3 : 6),
  );
  return { server, ...clientOf(server, { maxRetries: 0 }) };
}

const failing = { status: 500, json: {} };

test("each trace comes in order with all its spans, however long they take", async () => {
  let finish: (reply: Reply) => void = () => {};
  const { server, usage } = await service((request) =>
    traceIdOf(request) === "trace-1"
      ? new Promise<Reply>((resolve) => {
          finish = resolve;
        })
      : undefined,
  );
  const walk = usage.iterTraces(TWO).withSpans();
  const rows = all(walk);
  await until(() => server.requests.filter(traceIdOf).length === 6);
  finish(pageOf({ ...(server.requests.find((request) => traceIdOf(request) === "trace-1") as Received) }, 3));
  const found = await rows;
  expect(traceIds(found)).toEqual(numbers(1, 6));
  for (const {
    trace: { id },
    spans,
  } of found) {
    expect(idsOf(spans)).toEqual(["span-1", "span-2", "span-3"]);
    expect(spans.every((span) => span.traceId === id)).toBe(true);
  }
  expect(walk.cursor).toBe("cursor-6");
  expect(await walk.next()).toEqual({ done: true, value: undefined });
});

test.each([1, 3])(
  "with concurrency %i the spans of so many traces are read at a time",
  async (concurrency) => {
    let running = 0;
    let most = 0;
    const { usage } = await service((request) => {
      if (traceIdOf(request) === null) return undefined;
      running += 1;
      most = Math.max(most, running);
      return new Promise((resolve) =>
        setTimeout(() => {
          running -= 1;
          resolve(pageOf(request, 3));
        }, 5),
      );
    });
    expect(traceIds(await all(usage.iterTraces(TWO).withSpans({ concurrency })))).toEqual(numbers(1, 6));
    expect(most).toBe(concurrency);
  },
);

test("the error of the list comes after the traces before it", async () => {
  let isBroken = true;
  const { usage } = await service((request) =>
    isBroken && cursorOf(request) === "cursor-4" && !traceIdOf(request) ? failing : undefined,
  );
  const walk = usage.iterTraces(TWO).withSpans();
  const found: string[] = [];
  const read = async () => {
    for await (const row of walk) found.push(row.trace.id);
  };
  expect(await errorOf(ServerError, read())).toMatchObject({ cursor: "cursor-4", attempts: 1 });
  expect(found).toEqual(numbers(1, 4));
  await errorOf(ServerError, walk.next());
  isBroken = false;
  expect(traceIds(await all(usage.iterTraces({ ...TWO, cursor: "cursor-4" }).withSpans()))).toEqual(
    numbers(5, 6),
  );
  await read();
  expect(found).toEqual(numbers(1, 6));
});

test("the error of spans comes in the place of its trace, whose spans are read again", async () => {
  let isBroken = true;
  const { usage } = await service((request) =>
    isBroken && traceIdOf(request) === "trace-3" ? { status: 404, json: { message: "gone" } } : undefined,
  );
  const walk = usage.iterTraces(TWO).withSpans();
  const found: string[] = [];
  const read = async () => {
    for await (const row of walk) found.push(row.trace.id);
  };
  for (let number = 0; number < 2; number += 1) {
    expect((await errorOf(NotFoundError, read())).cursor).toBe("cursor-2");
    expect(found).toEqual(numbers(1, 2));
    expect(walk.cursor).toBe("cursor-2");
  }
  isBroken = false;
  expect(traceIds(await all(usage.iterTraces({ ...TWO, cursor: "cursor-2" }).withSpans()))).toEqual(
    numbers(3, 6),
  );
  await read();
  expect(found).toEqual(numbers(1, 6));
});

test("an error in the second page of the spans gives the cursor of the trace before", async () => {
  const { usage } = await service((request) =>
    traceIdOf(request) && cursorOf(request)
      ? failing
      : traceIdOf(request) === "trace-2"
        ? {
            json: {
              data: {
                ...(page([]) as { data: object }).data,
                pageInfo: { hasNextPage: true, nextCursor: "c" },
              },
            },
          }
        : undefined,
  );
  expect((await errorOf(ServerError, all(usage.iterTraces(TWO).withSpans()))).cursor).toBe("cursor-1");
});

test("a trace whose id cannot be asked for is an error in its place", async () => {
  const { server, usage } = await service((request) =>
    traceIdOf(request) ? undefined : { json: page([trace(1), trace(2, { id: ".." })]) },
  );
  const walk = usage.iterTraces(WINDOW).withSpans();
  expect((await walk.next()).value?.trace.id).toBe("trace-1");
  await expect(walk.next()).rejects.toMatchObject({ name: "APIResponseValidationError", cursor: "cursor-1" });
  expect(server.requests.every(({ path }) => path.startsWith("/sdk/traces"))).toBe(true);
});

test("pages hold as many traces as were asked for; an error comes behind those that were read", async () => {
  let isBroken = true;
  const { usage } = await service((request) =>
    isBroken && traceIdOf(request) === "trace-4" ? failing : undefined,
  );
  const pages = usage.iterTraces(TWO).withSpans().pages();
  const found: unknown[] = [];
  const read = async () => {
    for await (const { traces, hasNextPage, nextCursor } of pages)
      found.push([...traceIds(traces), hasNextPage, nextCursor]);
  };
  expect((await errorOf(ServerError, read())).cursor).toBe("cursor-3");
  expect(found).toEqual([
    ["trace-1", "trace-2", true, "cursor-2"],
    ["trace-3", true, "cursor-3"],
  ]);
  isBroken = false;
  await read();
  expect(found.slice(2)).toEqual([
    ["trace-4", "trace-5", true, "cursor-5"],
    ["trace-6", false, null],
  ]);
});

test("rows and pages are not mixed, in either direction", async () => {
  const { usage } = await service();
  const rows = usage.iterTraces(TWO).withSpans();
  await rows.next();
  await errorOf(InvalidRequestError, () => rows.pages());
  const mixed = usage.iterTraces(TWO).withSpans();
  const pages = mixed.pages();
  await pages.next();
  await errorOf(InvalidRequestError, mixed.next());
  expect((await all(pages)).flatMap(({ traces }) => traceIds(traces))).toEqual(numbers(3, 6));
});

test("calls that overlap share out traces and pages", async () => {
  const { usage } = await service();
  const rows = usage.iterTraces(TWO).withSpans();
  const found = await Promise.all(Array.from({ length: 8 }, () => rows.next()));
  expect(found.map(({ value }) => value?.trace.id)).toEqual([...numbers(1, 6), undefined, undefined]);
  const paged = usage.iterTraces(TWO).withSpans();
  const both = await Promise.all([all(paged.pages()), all(paged.pages())]);
  expect(
    both
      .flat()
      .flatMap(({ traces }) => traceIds(traces))
      .sort(),
  ).toEqual(numbers(1, 6));
});

test("a loop that is left early ends its requests, and goes on with exactly the missing rows", async () => {
  let isSilent = true;
  const { server, usage } = await service((request) =>
    isSilent && ["trace-2", "trace-3"].includes(traceIdOf(request) ?? "") ? silence : undefined,
  );
  const walk = usage.iterTraces(TWO).withSpans({ concurrency: 3 });
  const found: string[] = [];
  for await (const row of walk) {
    found.push(row.trace.id);
    await until(() => server.requests.some((request) => traceIdOf(request) === "trace-3"));
    break;
  }
  await until(() => server.aborted >= 2);
  isSilent = false;
  for await (const row of walk) found.push(row.trace.id);
  expect(found).toEqual(numbers(1, 6));
});

test("an abort ends the walk with its cursor, and nothing more is sent", async () => {
  const controller = new AbortController();
  const { server, usage } = await service((request) =>
    traceIdOf(request) === "trace-2" ? silence : undefined,
  );
  const walk = usage.iterTraces(TWO, { signal: controller.signal }).withSpans({ concurrency: 2 });
  await walk.next();
  const next = walk.next();
  await until(() => server.requests.some((request) => traceIdOf(request) === "trace-3"));
  controller.abort();
  expect((await errorOf(APIUserAbortError, next)).cursor).toBe("cursor-1");
  const sent = server.requests.length;
  expect((await errorOf(APIUserAbortError, walk.next())).cursor).toBe("cursor-1");
  expect(server.requests).toHaveLength(sent);
});
