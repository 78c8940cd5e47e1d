/** What each method of a field means on the wire, and what is refused. */

import { describe, expect, test } from "vitest";
import { BadRequestError, type Filter, fields, InvalidRequestError } from "../src/index.js";
import { page, WINDOW } from "./support/rows.js";
import { clientOf, errorOf, serve } from "./support/server.js";

/** The conditions that are sent. */
async function sent(...filters: (Filter | { toFilter(): Filter })[]): Promise<unknown[]> {
  const server = await serve([{ json: page([]) }]);
  await clientOf(server).usage.listTraces({ ...WINDOW, filters });
  return (JSON.parse(server.requests[0]?.body ?? "") as { filters: unknown[] }).filters;
}

const string = (operator: string, value?: unknown) => ({
  field: "tenant_id", operator, type: "string", ...(value !== undefined && { value }),
}); // biome-ignore format: an object
const number = (operator: string, value: unknown) => ({
  field: "total_cost",
  operator,
  type: "number",
  value,
});

const FORMS: [string, Filter | { toFilter(): Filter }, object][] = [
  ["eq", fields.tenantId.eq("a"), string("equals", "a")],
  ["ne", fields.tenantId.ne(""), string("not_equals", "")],
  ["contains", fields.tenantId.contains("a"), string("contains", "a")],
  ["notContains", fields.tenantId.notContains("a"), string("not_contains", "a")],
  ["startsWith", fields.tenantId.startsWith("a"), string("starts_with", "a")],
  ["endsWith", fields.tenantId.endsWith("🙂"), string("ends_with", "🙂")],
  ["anyOf", fields.tenantId.anyOf("a", "b"), string("any_of", ["a", "b"])],
  ["noneOf", fields.tenantId.noneOf("a"), string("none_of", ["a"])],
  ["isNull", fields.tenantId.isNull(), string("is_null")],
  ["isNotNull", fields.tenantId.isNotNull(), string("is_not_null")],
  ["lt", fields.totalCost.lt(0.5), number("less_than", 0.5)],
  ["lte", fields.totalCost.lte(0), number("less_equal_to", 0)],
  ["gt", fields.totalCost.gt(-1), number("greater_than", -1)],
  ["gte", fields.totalCost.gte(1e21), number("greater_equal_to", 1e21)],
  ["anyOf numbers", fields.latency.anyOf(1, 2.5), { ...number("any_of", [1, 2.5]), field: "latency" }],
  ["eq true", fields.hasError.eq(true), { field: "has_error", operator: "equals", type: "boolean", value: true }],
  ["a boolean field", fields.hasPii, { field: "has_pii", operator: "equals", type: "boolean", value: true }],
  ["not() of one", fields.hasPii.not(), { field: "has_pii", operator: "equals", type: "boolean", value: false }],
  ["a list's item", fields.models.contains("a"), { field: "models", operator: "contains", type: "arrayOptions", value: "a" }],
  ["a list's items", fields.models.anyOf("a"), { field: "models", operator: "any_of", type: "arrayOptions", value: ["a"] }],
  ["a whole list", fields.models.eq(["a", "b"]), { field: "models", operator: "equals", type: "arrayOptions", value: ["a", "b"] }],
  ["metadata", fields.metadata("plan").eq("pro"), { field: "metadata", operator: "equals", type: "object", key: "plan", value: "pro" }],
  ["metadata in order", fields.metadata("a.b").gte(5), { field: "metadata", operator: "greater_equal_to", type: "object", key: "a.b", value: 5 }],
  ["metadata, false", fields.metadata("x").eq(false), { field: "metadata", operator: "equals", type: "object", key: "x", value: false }],
  ["metadata, null", fields.metadata("x").isNull(), { field: "metadata", operator: "is_null", type: "object", key: "x" }],
  ["an unknown field, text", fields.get("new_field").eq("a"), { field: "new_field", operator: "equals", type: "string", value: "a" }],
  ["an unknown field, number", fields.get("new_field").gt(5), { field: "new_field", operator: "greater_than", type: "number", value: 5 }],
  ["an unknown field, boolean", fields.get("new_field").eq(true), { field: "new_field", operator: "equals", type: "boolean", value: true }],
  ["a known field by name", fields.get("total_cost").gt(5), number("greater_than", 5)],
  ["an inherited name", fields.get("toString").eq("a"), { field: "toString", operator: "equals", type: "string", value: "a" }],
  ["a span attribute", fields.attribute("gen_ai.system").eq("openai"), { field: "gen_ai.system", operator: "equals", type: "attributeKey", value: "openai" }],
]; // biome-ignore format: a table

test.each(FORMS)("%s", async (_, filter, expected) => {
  expect(await sent(filter)).toEqual([expected]);
});

test("conditions are sent in their order, behind those of the parameters", async () => {
  expect(await sent(fields.totalCost.gt(1), fields.tenantId.eq("a"))).toEqual([
    number("greater_than", 1),
    string("equals", "a"),
  ]);
});

describe("not()", () => {
  test.each([
    [fields.tenantId.eq("a"), fields.tenantId.ne("a")],
    [fields.tenantId.contains("a"), fields.tenantId.notContains("a")],
    [fields.tenantId.anyOf("a", "b"), fields.tenantId.noneOf("a", "b")],
    [fields.tenantId.isNull(), fields.tenantId.isNotNull()],
    [fields.hasError.eq(true), fields.hasError.eq(false)],
    [fields.metadata("a").eq(5), fields.metadata("a").ne(5)],
  ])("of %j is %j, and back again", async (one, other) => {
    expect(JSON.stringify(one.not())).toBe(JSON.stringify(other));
    expect(JSON.stringify(other.not())).toBe(JSON.stringify(one));
  });

  test.each([
    fields.totalCost.lt(5), fields.totalCost.gte(5), fields.tenantId.startsWith("a"), fields.tenantId.endsWith("a"),
  ])("of %j is refused: the wire has no operator for it", async (filter) => {
    await errorOf(InvalidRequestError, () => filter.not());
  }); // biome-ignore format: a list
});

/** Without its types, as a JavaScript program calls it. */
// biome-ignore lint/suspicious/noExplicitAny: what is refused here has no type
const untyped = fields as any;

test.each<[string, () => unknown, RegExp]>([
  ["an operator that does not fit text", () => untyped.tenantId.gt(5), /tenant_id\.gt\(\).*eq, ne, /],
  ["an operator that does not fit numbers", () => untyped.totalCost.contains("5"), /total_cost\.contains\(\)/],
  ["an operator that does not fit booleans", () => untyped.hasError.anyOf(true), /has_error\.anyOf\(\)/],
  ["an operator that does not fit lists", () => untyped.models.startsWith("a"), /models\.startsWith\(\)/],
  ["a number as text", () => untyped.totalCost.gt("5"), /finite number.*"5"/],
  ["infinity", () => fields.totalCost.lt(Infinity), /finite number/],
  ["no number", () => fields.totalCost.eq(Number.NaN), /finite number/],
  ["text as a number", () => untyped.tenantId.eq(5), /needs text, not 5/],
  ["null", () => untyped.tenantId.eq(null), /isNull\(\)/],
  ["nothing", () => untyped.tenantId.eq(), /one value/],
  ["two values", () => untyped.tenantId.eq("a", "b"), /one value/],
  ["no values", () => fields.tenantId.anyOf(), /one value or more/],
  ["an array of values", () => untyped.tenantId.anyOf(["a", "b"]), /\.\.\.values/],
  ["a value for isNull", () => untyped.tenantId.isNull("a"), /no value/],
  ["half a character", () => fields.tenantId.eq("\ud800"), /half a character/],
  ["half a character in a list", () => fields.tenantId.anyOf("a", "\udc00"), /half a character/],
  ["an object", () => untyped.metadata("a").eq({}), /a value of type object/],
  ["a boolean in order", () => untyped.metadata("a").lt(true), /finite number/],
  ["a number as part of a text", () => untyped.metadata("a").contains(5), /needs text/],
  ["a bigint", () => untyped.totalCost.gt(5n), /finite number/],
  ["a symbol", () => untyped.totalCost.gt(Symbol("x")), /Symbol\(x\)/],
  ["a boolean field as text", () => untyped.hasError.eq("true"), /true or false/],
  ["no key", () => untyped.metadata(), /key/],
  ["an empty key", () => fields.metadata(""), /key/],
  ["half a key", () => fields.metadata("\ud800"), /halves/],
  ["an empty field", () => fields.get(""), /field/],
  ["an object as a field", () => fields.get("metadata"), /fields\.metadata\("key"\)/],
  ["no attribute", () => untyped.attribute(null), /attribute/],
  ["an unknown field and an object", () => untyped.get("x").eq({}), /cannot be compared/],
])("%s is refused", async (_, make, message) => {
  expect((await errorOf(InvalidRequestError, make)).message).toMatch(message);
}); // biome-ignore format: a table

test("a 400 names the conditions that no published client sends, and only those", async () => {
  const server = await serve(() => ({ status: 400, json: { message: "unknown filter" } }));
  const { usage } = clientOf(server);
  const call = (...filters: (Filter | { toFilter(): Filter })[]) =>
    errorOf(BadRequestError, usage.listTraces({ ...WINDOW, filters })).then((error) => error.message);
  expect(await call(fields.hasError, fields.totalCost.gt(5))).toMatch(
    /no published client sends: \[\{"field":"has_error"[^[]*\]/,
  );
  expect(await call(fields.tenantId.isNull())).toContain("no published client sends");
  expect(await call(fields.tenantId.eq("a").not())).not.toContain("no published client sends");
  expect(await call(fields.hasError.not())).toContain("no published client sends");
  expect(await call(fields.attribute("a").eq("b").not())).toContain("no published client sends");
});

test("isConfirmed tells the same", () => {
  expect(fields.tenantId.eq("a").isConfirmed()).toBe(true);
  expect(fields.hasError.toFilter().isConfirmed()).toBe(false);
  expect(fields.tenantId.isNull().not().isConfirmed()).toBe(false);
});
