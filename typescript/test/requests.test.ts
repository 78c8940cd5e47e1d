/** What is sent, exactly, and what is refused before anything is. */

import { expect, test } from "vitest";
import { fields, InvalidRequestError, type Usage } from "../src/index.js";
import { END, page, START, sessionUsage, span, tenantUsage, trace, WINDOW } from "./support/rows.js";
import { all, clientOf, errorOf, type Received, serve } from "./support/server.js";

/** The one request that a call sends. */
async function sentBy(call: (usage: Usage) => Promise<unknown>, answer: unknown): Promise<Received> {
  const server = await serve([{ json: answer }]);
  await call(clientOf(server, { apiKey: "the-key" }).usage);
  expect(server.requests).toHaveLength(1);
  return server.requests[0] as Received;
}

const NO_ROWS = page([]);
const WINDOW_QUERY = [
  ["startTime", START],
  ["endTime", END],
];

test("getSessionUsage", async () => {
  const sent = await sentBy((usage) => usage.getSessionUsage("session-123", START, END), {
    data: sessionUsage(),
  });
  expect(sent).toMatchObject({
    method: "GET",
    path: "/usage/sessions/session-123",
    query: WINDOW_QUERY,
    body: "",
  });
  expect(sent.headers).toMatchObject({ "x-api-key": "the-key" });
  expect(sent.headers["user-agent"]).toMatch(/^netra-sdk-js\//);
  expect(sent.headers).not.toHaveProperty("content-type");
});

test("getTenantUsage", async () => {
  const sent = await sentBy((usage) => usage.getTenantUsage("AceTech", new Date(START), END), {
    data: tenantUsage(),
  });
  expect(sent).toMatchObject({
    method: "GET",
    path: "/usage/tenants/AceTech",
    query: WINDOW_QUERY,
    body: "",
  });
});

test("listTraces and iterTraces with the fewest parameters", async () => {
  const sent = await sentBy((usage) => usage.listTraces(WINDOW), NO_ROWS);
  expect(sent).toMatchObject({ method: "POST", path: "/sdk/traces", query: [] });
  expect(sent.headers).toMatchObject({ "content-type": "application/json", "x-api-key": "the-key" });
  expect(JSON.parse(sent.body)).toEqual({ ...WINDOW, filters: [], pagination: { direction: "down" } });
  const walked = await sentBy((usage) => all(usage.iterTraces(WINDOW)), NO_ROWS);
  expect(JSON.parse(walked.body)).toEqual({
    ...WINDOW,
    filters: [],
    pagination: { direction: "down", limit: 100 },
  });
});

test("listTraces and iterTraces with all parameters", async () => {
  const params = {
    ...WINDOW,
    traceId: "t-1",
    sessionId: "s-1",
    userId: "u-1",
    tenantId: "AceTech",
    limit: 7,
    cursor: "c/+=1",
    direction: "up",
    sortField: "total_cost",
    sortOrder: "asc",
    filters: [fields.totalCost.gt(0.5), fields.hasError],
  } as const;
  const equals = (field: string, value: string) => ({ field, operator: "equals", type: "string", value });
  for (const call of [
    (usage: Usage) => usage.listTraces(params),
    (usage: Usage) => all(usage.iterTraces(params)),
    (usage: Usage) => all(usage.iterTraces(params).pages()),
    (usage: Usage) => all(usage.iterTraces(params).withSpans()),
  ]) {
    const sent = await sentBy(call, NO_ROWS);
    expect(JSON.parse(sent.body)).toEqual({
      ...WINDOW,
      filters: [
        equals("trace_id", "t-1"),
        equals("session_id", "s-1"),
        equals("user_id", "u-1"),
        equals("tenant_id", "AceTech"),
        { field: "total_cost", operator: "greater_than", type: "number", value: 0.5 },
        { field: "has_error", operator: "equals", type: "boolean", value: true },
      ],
      pagination: { limit: 7, cursor: "c/+=1", direction: "up" },
      sortField: "total_cost",
      sortOrder: "asc",
    });
  }
});

test("null is the same as nothing, for every parameter that may be left out", async () => {
  const nothing = {
    traceId: null,
    sessionId: undefined,
    userId: null,
    tenantId: null,
    limit: null,
    cursor: null,
    direction: null,
    sortField: null,
    sortOrder: undefined,
    filters: null,
  };
  const sent = await sentBy((usage) => usage.listTraces({ ...WINDOW, ...nothing }), NO_ROWS);
  expect(JSON.parse(sent.body)).toEqual({ ...WINDOW, filters: [], pagination: { direction: "down" } });
  const spans = { traceId: "t", cursor: null, direction: null, limit: null, spanName: null };
  const sentForSpans = await sentBy((usage) => usage.listSpansByTraceId(spans), NO_ROWS);
  expect(sentForSpans.query).toEqual([["direction", "down"]]);
});

test("listSpansByTraceId and iterSpansByTraceId", async () => {
  const fewest = await sentBy((usage) => usage.listSpansByTraceId({ traceId: "t-1" }), NO_ROWS);
  expect(fewest).toMatchObject({ method: "GET", path: "/sdk/traces/t-1/spans", body: "" });
  expect(fewest.query).toEqual([["direction", "down"]]);
  const walked = await sentBy((usage) => all(usage.iterSpansByTraceId({ traceId: "t-1" })), NO_ROWS);
  expect(walked.query).toEqual([
    ["direction", "down"],
    ["limit", "100"],
  ]);
  const most = {
    traceId: "t-1",
    cursor: "a&b=c d+é",
    direction: "up",
    limit: 3,
    spanName: "openai.chat*~'()",
  } as const;
  const sent = await sentBy((usage) => usage.listSpansByTraceId(most), NO_ROWS);
  expect(Object.fromEntries(sent.query)).toEqual({
    cursor: "a&b=c d+é",
    direction: "up",
    limit: "3",
    spanName: "openai.chat*~'()",
  });
});

test("a base path is kept", async () => {
  const server = await serve([{ json: page([trace()]) }, { json: page([span()]) }]);
  const { usage } = clientOf(server, { endpoint: `${server.url}/base/telemetry/v1/traces` });
  await usage.listTraces(WINDOW);
  await usage.listSpansByTraceId({ traceId: "trace-1" });
  expect(server.requests.map((request) => request.path)).toEqual([
    "/base/sdk/traces",
    "/base/sdk/traces/trace-1/spans",
  ]);
});

const IDS = [
  "a/b",
  "../x",
  "a\\b",
  "100%",
  "%2F",
  "%2e%2e",
  "é",
  "日本語",
  "🙂",
  "a b",
  " a ",
  "a?b#c",
  "a+b;=&",
  "...",
  "\u0000\n",
];

test.each(IDS)("the id %j is one segment of the path", async (id) => {
  const server = await serve(({ path }) =>
    path.startsWith("/usage/sessions")
      ? { json: { data: sessionUsage({ session_id: id }) } }
      : path.startsWith("/usage/tenants")
        ? { json: { data: tenantUsage({ tenant_id: id }) } }
        : { json: page([span(1, { trace_id: id })]) },
  );
  const { usage } = clientOf(server);
  expect((await usage.getSessionUsage(id, START, END))?.sessionId).toBe(id);
  expect((await usage.getTenantUsage(id, START, END))?.tenantId).toBe(id);
  expect(await all(usage.iterSpansByTraceId({ traceId: id }))).toHaveLength(1);
  expect(server.requests.map(({ path }) => path.split("/").slice(1).map(decodeURIComponent))).toEqual([
    ["usage", "sessions", id],
    ["usage", "tenants", id],
    ["sdk", "traces", id, "spans"],
  ]);
});

test.each([
  "", ".", "..", "\ud800", "a\udc00b", "x".repeat(20_001), "é".repeat(4_000), null, undefined, 5, {}, ["a"],
])("the id %j is refused, and nothing is sent", async (id) => {
  const server = await serve([]);
  const { usage } = clientOf(server);
  const bad = id as string;
  const messages = [
    await errorOf(InvalidRequestError, usage.getSessionUsage(bad, START, END)),
    await errorOf(InvalidRequestError, usage.getTenantUsage(bad, START, END)),
    await errorOf(InvalidRequestError, usage.listSpansByTraceId({ traceId: bad })),
    await errorOf(InvalidRequestError, () => usage.iterSpansByTraceId({ traceId: bad })),
  ].map((error) => error.message);
  expect(messages.map((message) => /sessionId|tenantId|traceId/.exec(message)?.[0])).toEqual([
    "sessionId",
    "tenantId",
    "traceId",
    "traceId",
  ]);
  expect(server.requests).toEqual([]);
}); // biome-ignore format: a list

test.each([
  ["limit", 0], ["limit", 101], ["limit", 1.5], ["limit", "10"], ["limit", true], ["limit", Number.NaN],
  ["cursor", ""], ["cursor", 5], ["cursor", "\ud800"], ["cursor", "x".repeat(20_001)],
  ["direction", "left"], ["direction", ""], ["direction", 1],
  ["sortOrder", "ascending"], ["sortField", ""], ["sortField", 5],
  ["tenantId", ""], ["userId", 5], ["sessionId", {}], ["traceId", "\udfff"],
  ["filters", {}], ["filters", "x"], ["filters", [null]], ["filters", [5]], ["filters", ["total_cost > 5"]],
  ["filters", [{ field: "x", operator: "equals", type: "string", value: "y" }]], ["filters", [{ toFilter: 5 }]],
  ["tenant_id", "AceTech"], ["startTime", 5], ["startTime", null], ["endTime", undefined],
])("%s: %j is refused, and nothing is sent", async (name, value) => {
  const server = await serve([]);
  const { usage } = clientOf(server);
  const params = { ...WINDOW, [name]: value } as never;
  const { message } = await errorOf(InvalidRequestError, usage.listTraces(params));
  expect(message).toContain(name);
  await errorOf(InvalidRequestError, () => usage.iterTraces(params));
  expect(server.requests).toEqual([]);
}); // biome-ignore format: a list

test.each([
  ["limit", 101], ["cursor", ""], ["direction", "left"], ["spanName", ""], ["spanName", 5], ["tenantId", "AceTech"],
])("spans: %s: %j is refused, and nothing is sent", async (name, value) => {
  const server = await serve([]);
  const { usage } = clientOf(server);
  const params = { traceId: "t", [name]: value } as never;
  expect((await errorOf(InvalidRequestError, usage.listSpansByTraceId(params))).message).toContain(name);
  await errorOf(InvalidRequestError, () => usage.iterSpansByTraceId(params));
  expect(server.requests).toEqual([]);
}); // biome-ignore format: a list

test.each([null, undefined, "2026-01-01", 5])("parameters that are %j are refused", async (params) => {
  const { usage } = clientOf(await serve([]));
  await errorOf(InvalidRequestError, usage.listTraces(params as never));
  await errorOf(InvalidRequestError, usage.listSpansByTraceId(params as never));
});

test.each([
  [{ concurrency: 0 }], [{ concurrency: 1.5 }], [{ concurrency: "2" }], [{ concurency: 2 }], [2], [null],
])("withSpans(%j) is refused", async (options) => {
  const { usage } = clientOf(await serve([]));
  await errorOf(InvalidRequestError, () => usage.iterTraces(WINDOW).withSpans(options as never));
}); // biome-ignore format: a list
