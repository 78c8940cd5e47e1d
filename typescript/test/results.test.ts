/** What comes back: the documented names, and never less or other than what was sent. */

import { describe, expect, test } from "vitest";
import { APIResponseValidationError, fieldsOf } from "../src/index.js";
import {
  END,
  type Json,
  page,
  START,
  sessionUsage,
  span,
  tenantUsage,
  trace,
  WINDOW,
} from "./support/rows.js";
import { clientOf, errorOf, serve } from "./support/server.js";

async function sessionOf(json: unknown) {
  return clientOf(await serve([{ json }])).usage.getSessionUsage("session-123", START, END);
}

async function tenantOf(json: unknown) {
  return clientOf(await serve([{ json }])).usage.getTenantUsage("AceTech", START, END);
}

/** The page that this text makes, sent as it is. */
async function tracesOf(body: string | Json) {
  const reply = typeof body === "string" ? { body } : { json: body };
  return clientOf(await serve([reply])).usage.listTraces(WINDOW);
}

async function traceOf(changes: Json) {
  return (await tracesOf(page([trace(1, changes)]))).traces[0] as object;
}

async function spanOf(changes: Json) {
  const server = await serve([{ json: page([span(1, changes)]) }]);
  const { spans } = await clientOf(server).usage.listSpansByTraceId({ traceId: "trace-1" });
  return spans[0] as object;
}

describe("usage", () => {
  test("has exactly the documented fields", async () => {
    expect(await sessionOf({ data: sessionUsage() })).toStrictEqual({
      sessionId: "session-123",
      tokenCount: 30,
      requestCount: 2,
      totalCost: 0.25,
    });
    expect(await tenantOf({ data: tenantUsage() })).toStrictEqual({
      tenantId: "AceTech",
      organisationId: "org",
      tokenCount: 30,
      requestCount: 2,
      sessionCount: 1,
      totalCost: 0.25,
    });
  });

  test.each([
    ["null", { data: null }],
    ["an empty object", { data: {} }],
    [
      "nothing but nulls and zeros",
      { data: { session_id: "", tokenCount: 0, requestsCount: null, totalCost: 0 } },
    ],
    ["null, and success", { data: null, success: true, statusCode: 200 }],
    ["null, and nothing but nulls", { data: null, message: null, error: null }],
  ])("is null where data is %s", async (_, body) => {
    expect(await sessionOf(body)).toBeNull();
  });

  test("of zeros is a usage where it says whose", async () => {
    const zeros = { tokenCount: 0, requestsCount: 0, totalCost: 0 };
    expect(await sessionOf({ data: sessionUsage(zeros) })).toMatchObject({ tokenCount: 0, totalCost: 0 });
  });

  test("may come without an envelope", async () => {
    expect(await sessionOf(sessionUsage())).toMatchObject({ tokenCount: 30 });
  });

  test.each([
    ["no envelope and no usage", {}],
    ["null with a message", { data: null, message: "Internal server error" }],
    ["null with an unknown word", { data: null, code: 7 }],
    [
      "zeros with a message",
      { data: sessionUsage({ tokenCount: 0, requestsCount: 0, totalCost: 0 }), message: "down" },
    ],
    [
      "zeros with a message inside",
      { data: sessionUsage({ tokenCount: 0, requestsCount: 0, totalCost: 0, message: "x" }) },
    ],
    ["an error", { data: sessionUsage(), error: "x" }],
    ["success: false", { data: sessionUsage(), success: false }],
    ["another status inside", { data: null, statusCode: 500 }],
    ["another id", { data: sessionUsage({ session_id: "session-12" }) }],
    ["the id in another case", { data: sessionUsage({ session_id: "Session-123" }) }],
    ["no id", { data: { ...sessionUsage(), session_id: null } }],
    ["a count as text", { data: sessionUsage({ tokenCount: "30" }) }],
    ["half a token", { data: sessionUsage({ tokenCount: 0.5 }) }],
    ["a count that is null", { data: sessionUsage({ requestsCount: null }) }],
    ["a list", { data: [] }],
    ["false", { data: false }],
    ["zero", { data: 0 }],
    ["text", { data: "" }],
  ])("is refused where the body holds %s", async (_, body) => {
    const error = await errorOf(APIResponseValidationError, sessionOf(body));
    expect(error.message).toMatch(/GET \/usage\/sessions\/session-123 answered 200, but not as the contract/);
    expect(JSON.parse(error.body)).toEqual(body);
  });

  test("a missing count is named by its place", async () => {
    const { totalCost: _, ...rest } = sessionUsage();
    const error = await errorOf(APIResponseValidationError, sessionOf({ data: rest }));
    expect(error.message).toContain("data.totalCost: missing");
  });

  test("another tenant's usage is refused", async () => {
    const error = await errorOf(
      APIResponseValidationError,
      tenantOf({ data: tenantUsage({ tenant_id: "Zenith" }) }),
    );
    expect(error.message).toContain('data.tenant_id: "Zenith" was answered, "AceTech" was asked for');
  });
});

describe("rows", () => {
  test("a trace has the documented fields; what was not sent is null, never undefined", async () => {
    const found = await traceOf({ total_cost: 0.25, total_tokens: 7, models: ["gpt-4o"], has_error: false });
    expect(found).toStrictEqual({
      id: "trace-1",
      name: "answer_question",
      kind: "workflow",
      latencyMs: 12.5,
      startTime: "2026-01-15T09:30:00.000Z",
      endTime: "2026-01-15T09:30:02.500Z",
      cursor: "cursor-1",
      organisationId: "org",
      projectId: "project",
      sessionId: null,
      tenantId: null,
      userId: null,
      environment: null,
      service: null,
      models: ["gpt-4o"],
      promptTokens: null,
      completionTokens: null,
      cachedTokens: null,
      totalTokens: 7,
      promptTokensCost: null,
      completionTokensCost: null,
      cachedTokensCost: null,
      totalCost: 0.25,
      hasCost: true,
      hasPii: null,
      piiEntities: null,
      hasViolation: null,
      violations: null,
      hasError: false,
    });
  });

  test("hasCost tells an unknown cost from none", async () => {
    expect(await traceOf({})).toMatchObject({ totalCost: 0, totalTokens: 0, hasCost: false });
    expect(await traceOf({ total_cost: null })).toMatchObject({ totalCost: 0, hasCost: false });
    expect(await traceOf({ total_cost: 0 })).toMatchObject({ totalCost: 0, hasCost: true });
    expect(await spanOf({})).toMatchObject({ totalCost: null, totalTokens: null, hasCost: false });
    expect(await spanOf({ total_cost: 0 })).toMatchObject({ totalCost: 0, hasCost: true });
  });

  test("a span has the documented times; the insides of objects are never renamed", async () => {
    const insides = { user_plan: "pro", nested_value: { start_time_ms: [1, { a_b: null }] }, __proto__x: 1 };
    const found = await spanOf({
      start_time_ms: "1768469400000",
      end_time_ms: null,
      latency_ms: 1.5,
      metadata: insides,
      pii_actions: insides,
      violation_actions: { block_it: true },
    });
    expect(found).toMatchObject({
      startTimeMs: "1768469400000",
      endTimeMs: null,
      latencyMs: 1.5,
      metadata: insides,
      piiActions: insides,
      violationActions: { block_it: true },
      parentSpanId: null,
    });
  });

  test("unknown fields are kept under the name that was sent, and take no place of ours", async () => {
    const found = await traceOf({
      new_field: { in_side: 1 },
      newField: 2,
      totalCost: 99,
      latencyMs: "x",
      hasCost: "x",
    });
    expect(fieldsOf(found)["new_field"]).toEqual({ in_side: 1 });
    expect(fieldsOf(found)["newField"]).toBe(2);
    expect(found).toMatchObject({ totalCost: 0, hasCost: false, latencyMs: 12.5 });
  });

  test("a field that every object inherits is a field like others", async () => {
    const text = JSON.stringify(page([trace()])).replace(
      '"kind":"workflow"',
      '"kind":"workflow","__proto__":{"polluted":1},"constructor":"c","toString":"t"',
    );
    const [found] = (await tracesOf(text)).traces;
    expect(Object.entries(found as object)).toEqual(
      expect.arrayContaining([
        ["__proto__", { polluted: 1 }],
        ["constructor", "c"],
        ["toString", "t"],
      ]),
    );
    expect((found as unknown as Json)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    expect(({} as Json)["polluted"]).toBeUndefined();
  });

  test.each([
    ["9007199254740993", "data.data[1].total_tokens: expected an integer within"],
    ["-9007199254740993", "data.data[1].total_tokens: expected an integer within"],
    ["1e400", "data.data[1].total_tokens: expected an integer, got Infinity"],
    ["1.5", "data.data[1].total_tokens: expected an integer, got 1.5"],
    ['"7"', "data.data[1].total_tokens: expected an integer, got a value of type string"],
  ])("%s as a number of tokens is refused, and its place named", async (number, message) => {
    const text = JSON.stringify(page([trace(1), trace(2, { total_tokens: 77 })])).replace("77", number);
    expect((await errorOf(APIResponseValidationError, tracesOf(text))).message).toContain(message);
  });

  test("the largest integer that is exact is read", async () => {
    expect(await traceOf({ total_tokens: Number.MAX_SAFE_INTEGER })).toMatchObject({
      totalTokens: 9007199254740991,
    });
  });

  test.each([
    [
      "a cost that is infinite",
      JSON.stringify(page([trace(1, { total_cost: 77 })])).replace("77", "1e400"),
      "data.data[0].total_cost",
    ],
    ["no rows", { data: { pageInfo: { hasNextPage: false } } }, "data.data: missing"],
    ["no page info", { data: { data: [] } }, "data.pageInfo: missing"],
    ["no hasNextPage", { data: { data: [], pageInfo: {} } }, "data.pageInfo.hasNextPage: missing"],
    ["hasNextPage as text", page([], "false" as never), "data.pageInfo.hasNextPage"],
    ["no data", {}, "data: missing"],
    ["null", { data: null }, "data: expected an object, got null"],
    ["a row that is no object", page([trace(), 5]), "data.data[1]: expected an object, got 5"],
    ["a row without an id", page([{ ...trace(), id: null }]), "data.data[0].id"],
    ["models that are no texts", page([trace(1, { models: ["a", 5] })]), "data.data[0].models[1]"],
    ["no rows, and a message", { ...page([]), message: "down" }, "the body of a failure (down)"],
    [
      "an error in the list",
      { data: { data: [], pageInfo: { hasNextPage: false }, error: "down" } },
      "(down)",
    ],
  ])("a page with %s is refused, and the place named", async (_, body, message) => {
    expect((await errorOf(APIResponseValidationError, tracesOf(body))).message).toContain(message);
  });

  test("rows of another tenant, session, user or trace are refused", async () => {
    for (const [name, param] of [
      ["tenant_id", "tenantId"],
      ["session_id", "sessionId"],
      ["user_id", "userId"],
      ["id", "traceId"],
    ] as const) {
      const { usage } = clientOf(await serve([{ json: page([trace(1), trace(2, { [name]: "other" })]) }]));
      const call = usage.listTraces({ ...WINDOW, [param]: name === "id" ? "trace-1" : "mine" });
      expect((await errorOf(APIResponseValidationError, call)).message).toContain(`data.data[1].${name}`);
    }
  });

  test("ids of traces may be written with dashes, in upper and lower case", async () => {
    const server = await serve([{ json: page([span(1, { trace_id: "AB-CD" })]) }]);
    const { spans } = await clientOf(server).usage.listSpansByTraceId({ traceId: "abcd" });
    expect(spans[0]?.traceId).toBe("AB-CD");
  });
});

test("a body is UTF-8, whatever its content type says; a byte order mark is no part of it", async () => {
  const text = JSON.stringify({ data: sessionUsage({ note: "日本語 🙂" }) });
  const server = await serve([
    { body: text, headers: { "content-type": "text/plain; charset=latin1" } },
    { body: `\ufeff${text}` },
    { body: Buffer.from(text, "utf16le") },
  ]);
  const { usage } = clientOf(server);
  for (let number = 0; number < 2; number += 1) {
    const found = await usage.getSessionUsage("session-123", START, END);
    expect(fieldsOf(found as object)["note"]).toBe("日本語 🙂");
  }
  await errorOf(APIResponseValidationError, usage.getSessionUsage("session-123", START, END));
});
