/** A walk ends only where the service says so, and emits each row once. */

import { expect, test } from "vitest";
import {
  APIResponseValidationError,
  APIUserAbortError,
  type CallOptions,
  type ClientOptions,
  InvalidRequestError,
  NetraError,
  PaginationError,
  ServerError,
} from "../src/index.js";
import { cursorOf, pageOf } from "./support/pages.js";
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
const ids = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `trace-${first + index}`);

/** A walk over five rows in pages of two, where `other` may answer instead. */
async function walkOver(
  other: (request: Received, number: number) => Reply | undefined = () => undefined,
  options: ClientOptions = {},
  callOptions: CallOptions = {},
) {
  const server = await serve((request, number) => other(request, number) ?? pageOf(request, 5));
  return { server, walk: clientOf(server, { maxRetries: 0, ...options }).usage.iterTraces(TWO, callOptions) };
}

test("all rows come in order, and done stays done", async () => {
  const { server, walk } = await walkOver();
  expect(idsOf(await all(walk))).toEqual(ids(1, 5));
  expect(walk.cursor).toBe("cursor-5");
  expect(await walk.next()).toEqual({ done: true, value: undefined });
  expect(await all(walk)).toEqual([]);
  expect(server.requests.map(cursorOf)).toEqual([null, "cursor-2", "cursor-4"]);
});

test("pages come whole; cursor and nextCursor lead on", async () => {
  const { server, walk } = await walkOver();
  const pages = walk.pages();
  const first = (await pages.next()).value;
  expect(first).toMatchObject({ hasNextPage: true, nextCursor: "cursor-2" });
  expect([walk.cursor, pages.cursor]).toEqual(["cursor-2", "cursor-2"]);
  const rest = await all(pages);
  expect(rest.map(({ traces }) => idsOf(traces))).toEqual([ids(3, 4), ids(5, 5)]);
  expect(rest[1]).toMatchObject({ hasNextPage: false, nextCursor: null });
  const { usage } = clientOf(server);
  expect(idsOf(await all(usage.iterTraces({ ...TWO, cursor: first?.nextCursor })))).toEqual(ids(3, 5));
});

test("an empty page in the middle is no end", async () => {
  const { walk } = await walkOver((_, number) =>
    number === 2 ? { json: page([], true, { nextCursor: "cursor-2-2" }) } : undefined,
  );
  expect(idsOf(await all(walk))).toEqual(ids(1, 5));
});

test("the cursor of the last row goes before that of the page, which stands in where it is missing", async () => {
  const { server, walk } = await walkOver((_, number) =>
    number === 1
      ? { json: page([trace(1), trace(2)], true, { nextCursor: "page-9" }) }
      : number === 2
        ? { json: page([trace(3), trace(4, { cursor: "" })], true, { nextCursor: "page-4" }) }
        : undefined,
  );
  expect(idsOf(await all(walk))).toEqual(ids(1, 5));
  expect(server.requests.map(cursorOf)).toEqual([null, "cursor-2", "page-4"]);
});

test.each([
  ["no cursor at all", page([trace(3), trace(4, { cursor: "" })], true)],
  ["a cursor that is half a character", page([trace(3), trace(4, { cursor: "\ud800" })], true)],
  ["a cursor too long for a URL", page([trace(3), trace(4, { cursor: "x".repeat(20_001) })], true)],
  ["no rows and no cursor", page([], true)],
  ["the cursor that it was asked for with", page([trace(3), trace(4, { cursor: "cursor-2" })], true)],
])("a page in the middle with %s is an error, and none of its rows is emitted", async (_, json) => {
  const { walk } = await walkOver((_, number) => (number >= 2 ? { json } : undefined));
  const found: string[] = [];
  const error = await errorOf(PaginationError, async () => {
    for await (const row of walk) found.push(row.id);
  });
  expect(found).toEqual(ids(1, 2));
  expect(error.cursor).toBe("cursor-2");
  expect(walk.cursor).toBe("cursor-2");
  await errorOf(PaginationError, walk.next()); // never done
});

test("cursors that go in a circle are an error, not a walk for ever", async () => {
  const next: Record<string, string> = { start: "a", a: "b", b: "a" };
  const { walk } = await walkOver((request) => {
    const cursor = next[cursorOf(request) ?? "start"] as string;
    return { json: page([trace(1, { cursor })], true) };
  });
  const error = await errorOf(PaginationError, all(walk));
  expect(error.message).toMatch(/"b".*"a".*used before/);
  expect(error.cursor).toBe("b");
});

test("rows without cursors of their own: the cursor moves on with each page, and an error says what it repeats", async () => {
  const bare = (first: number) => [trace(first, { cursor: "" }), trace(first + 1, { cursor: "" })];
  const controller = new AbortController();
  const { walk } = await walkOver(
    (_, number) =>
      number === 1
        ? { json: page(bare(1), true, { nextCursor: "page-2" }) }
        : number === 2
          ? { status: 500, json: {} }
          : { json: page([...bare(3), trace(5, { cursor: "" })]) },
    { prefetch: false },
    { signal: controller.signal },
  );
  await walk.next();
  expect(walk.cursor).toBeNull();
  await walk.next();
  expect(walk.cursor).toBe("page-2");
  expect((await errorOf(ServerError, walk.next())).cursor).toBe("page-2");
  expect((await walk.next()).value?.id).toBe("trace-3");
  controller.abort();
  const error = await errorOf(APIUserAbortError, walk.next());
  expect(error.cursor).toBe("page-2");
  expect(error.message).toContain("gives rows again");
});

test("after an error, next() tries again; it never says done", async () => {
  const { walk } = await walkOver((_, number) =>
    number === 2 || number === 3 ? { status: 500, json: {} } : undefined,
  );
  const found: string[] = [];
  const read = async () => {
    for await (const row of walk) found.push(row.id);
  };
  for (let number = 0; number < 2; number += 1) {
    const error = await errorOf(ServerError, read());
    expect(error).toMatchObject({ cursor: "cursor-2", attempts: 1 });
    expect(found).toEqual(ids(1, 2));
  }
  await read();
  expect(found).toEqual(ids(1, 5));
});

test("the error of a page that was asked for ahead comes when its rows are wanted", async () => {
  const { server, walk } = await walkOver((_, number) =>
    number === 2 ? { status: 500, json: {} } : undefined,
  );
  expect((await walk.next()).value?.id).toBe("trace-1");
  await until(() => server.requests.length === 2);
  expect((await walk.next()).value?.id).toBe("trace-2");
  await errorOf(ServerError, walk.next());
  expect(idsOf(await all(walk))).toEqual(ids(3, 5));
});

test("a loop that is left early goes on with exactly the missing rows", async () => {
  const { walk } = await walkOver();
  const found: string[] = [];
  for (let number = 0; number < 4; number += 1)
    for await (const row of walk) {
      found.push(row.id);
      break;
    }
  expect(walk.cursor).toBe("cursor-4");
  for await (const row of walk) found.push(row.id);
  expect(found).toEqual(ids(1, 5));
});

test("the next page is asked for ahead, one and no more; leaving the loop ends it", async () => {
  const { server, walk } = await walkOver((request) =>
    cursorOf(request) === "cursor-2" ? silence : undefined,
  );
  for await (const row of walk) {
    expect(row.id).toBe("trace-1");
    await until(() => server.requests.length === 2);
    break;
  }
  await until(() => server.aborted === 1);
  expect(server.requests.map(cursorOf)).toEqual([null, "cursor-2"]);
});

test("with prefetch: false no page is asked for before its rows are wanted", async () => {
  const { server, walk } = await walkOver(undefined, { prefetch: false });
  await walk.next();
  await walk.next();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.requests).toHaveLength(1);
  expect(idsOf(await all(walk))).toEqual(ids(3, 5));
});

test("calls of next() that overlap share out the rows, in order", async () => {
  const { server, walk } = await walkOver();
  const results = await Promise.all(Array.from({ length: 7 }, () => walk.next()));
  expect(results.map(({ value }) => value?.id)).toEqual([...ids(1, 5), undefined, undefined]);
  expect(server.requests).toHaveLength(3);
});

test("two loops over one walk share out the rows", async () => {
  const { walk } = await walkOver();
  const found = await Promise.all([all(walk), all(walk)]);
  expect(idsOf(found.flat()).sort()).toEqual(ids(1, 5));
});

test("loops over pages() that overlap share out the pages", async () => {
  const { walk } = await walkOver();
  const found = await Promise.all([all(walk.pages()), all(walk.pages())]);
  expect(idsOf(found.flat().flatMap(({ traces }) => traces)).sort()).toEqual(ids(1, 5));
  const single = (await walkOver(() => ({ json: page([trace(1)]) }))).walk;
  expect((await Promise.all([all(single.pages()), all(single.pages())])).flat()).toHaveLength(1);
});

test("rows and pages are not mixed, in either direction", async () => {
  const rows = (await walkOver()).walk;
  await rows.next();
  await errorOf(InvalidRequestError, () => rows.pages());
  await errorOf(InvalidRequestError, () => rows.withSpans());
  const { walk } = await walkOver();
  const pages = walk.pages();
  await pages.next();
  await errorOf(InvalidRequestError, walk.next());
  await errorOf(InvalidRequestError, () => walk.withSpans());
  expect((await pages.next()).value?.traces.map(({ id }) => id)).toEqual(ids(3, 4));
  expect((await all(walk.pages())).flatMap(({ traces }) => idsOf(traces))).toEqual(ids(5, 5));
  const undecided = (await walkOver()).walk;
  const late = undecided.pages();
  await undecided.next();
  await errorOf(InvalidRequestError, late.next());
  expect(idsOf(await all(undecided))).toEqual(ids(2, 5));
});

test("each row's cursor, and that of every error, leads to exactly the rest", async () => {
  const { server } = await walkOver();
  const { usage } = clientOf(server);
  for (let number = 0; number <= 5; number += 1) {
    const cursor = number ? `cursor-${number}` : null;
    expect(idsOf(await all(usage.iterTraces({ ...TWO, cursor })))).toEqual(ids(number + 1, 5));
  }
});

test("return() while a page is on its way loses no row", async () => {
  const { walk } = await walkOver();
  const [first, returned] = await Promise.all([walk.next(), walk.return()]);
  expect([first.value?.id, returned.done]).toEqual(["trace-1", true]);
  expect(idsOf(await all(walk))).toEqual(ids(2, 5));
});

test("an answer that does not fit is an error with the cursor, not an end", async () => {
  const { walk } = await walkOver((_, number) => (number === 2 ? { json: { data: null } } : undefined));
  const error = await errorOf(APIResponseValidationError, all(walk));
  expect(error).toMatchObject({ cursor: "cursor-2", attempts: 1 });
  expect(error).toBeInstanceOf(NetraError);
  expect(error).not.toBeInstanceOf(APIUserAbortError);
});
