/** `fields`: what can be compared, and what comparing gives. Fields, types and operators come from the contract. */

import {
  FIELD_TYPES,
  type FilterFields,
  filterFields,
  OPERATORS,
  UNCONFIRMED_FIELDS,
  UNCONFIRMED_OPERATORS,
  UNCONFIRMED_TYPES,
} from "../../generated/typescript/filter-fields.js";
import type { FilterOperator, FilterType } from "../../generated/typescript/models.js";
import { shown } from "./core/checks.js";
import { Filter } from "./core/filter.js";
import { InvalidRequestError } from "./errors.js";

/** What every field can be asked. */
export interface Field<Value> {
  /** The field is this value. */
  eq(value: Value): Filter;
  /** The field is not this value. */
  ne(value: Value): Filter;
  /** The trace has no value here. The service may answer 400. */
  isNull(): Filter;
  /** The trace has a value here. The service may answer 400. */
  isNotNull(): Filter;
}

/** What a field can be asked that may be one of several values. */
export interface ListableField<Value> {
  /** The field is one of the values; a list holds one of them. */
  anyOf(...values: Value[]): Filter;
  /** The field is none of the values; a list holds none of them. */
  noneOf(...values: Value[]): Filter;
}

/** What a field can be asked whose values have an order. */
export interface OrderedField {
  /** Less than. */
  lt(value: number): Filter;
  /** Less than or equal to. */
  lte(value: number): Filter;
  /** Greater than. */
  gt(value: number): Filter;
  /** Greater than or equal to. */
  gte(value: number): Filter;
}

/** What a field can be asked that holds text, or several texts. */
export interface ContainingField {
  /** The text holds this one; a list holds it as an item. */
  contains(text: string): Filter;
  /** The text does not hold this one; a list does not hold it as an item. */
  notContains(text: string): Filter;
}

/** What a field can be asked that holds one text. */
export interface AffixField {
  /** The text starts with this one. */
  startsWith(text: string): Filter;
  /** The text ends with this one. */
  endsWith(text: string): Filter;
}

/** A field that holds text. */
export interface StringField extends Field<string>, ListableField<string>, ContainingField, AffixField {}

/** A field that holds a number: a cost in USD, a latency in milliseconds. */
export interface NumberField extends Field<number>, ListableField<number>, OrderedField {}

/** A field that is true or false. In `filters` it stands for itself: `[fields.hasError, fields.hasPii.not()]`. */
export interface BooleanField extends Field<boolean> {
  /** The field is false. */
  not(): Filter;
  /** The field is true. */
  toFilter(): Filter;
}

/** A field that holds several texts. */
export interface ListField
  extends Field<string | readonly string[]>,
    ListableField<string>,
    ContainingField {}

/** A field whose type the contract does not know: the value decides. Or a key of an object, or a span attribute. */
export interface AnyField
  extends Field<string | number | boolean>,
    ListableField<string | number>,
    OrderedField,
    ContainingField,
    AffixField {}

/** A field that holds values by key: `fields.metadata("plan").eq("pro")`. */
export type ObjectField = (key: string) => AnyField;

/** The fields of a trace that can be compared. */
export interface Fields extends FilterFields<StringField, NumberField, BooleanField, ListField, ObjectField> {
  /** A field that this version of the contract does not know. */
  get(name: string): AnyField;
  /** A span attribute. No published client sends it: the service may answer 400. */
  attribute(name: string): AnyField;
}

/** The operator of each method. */
const METHODS = {
  eq: "equals",
  ne: "not_equals",
  lt: "less_than",
  lte: "less_equal_to",
  gt: "greater_than",
  gte: "greater_equal_to",
  contains: "contains",
  notContains: "not_contains",
  startsWith: "starts_with",
  endsWith: "ends_with",
  anyOf: "any_of",
  noneOf: "none_of",
  isNull: "is_null",
  isNotNull: "is_not_null",
} as const satisfies Record<string, FilterOperator>;

type Method = keyof typeof METHODS;

const TEXT_METHODS: readonly Method[] = ["contains", "notContains", "startsWith", "endsWith"];
const ORDER_METHODS: readonly Method[] = ["lt", "lte", "gt", "gte"];

/** Every method exists on every field at run time: one that does not fit is refused with those that do. */
function fieldOf(name: string, type: FilterType | undefined, key?: string): object {
  const field: Record<string, (...values: unknown[]) => Filter> = {};
  for (const method of Object.keys(METHODS) as Method[])
    field[method] = (...values) => condition(name, type, key, method, values);
  if (type === "boolean") {
    field["not"] = () => condition(name, type, key, "eq", [false]);
    field["toFilter"] = () => condition(name, type, key, "eq", [true]);
  }
  return field;
}

function condition(
  field: string,
  fieldType: FilterType | undefined,
  key: string | undefined,
  method: Method,
  values: unknown[],
): Filter {
  const type = fieldType ?? typeOf(values[0], field);
  const operator = METHODS[method];
  const where = `${key === undefined ? field : `${field}(${JSON.stringify(key)})`}.${method}()`;
  if (!OPERATORS[type].includes(operator)) {
    const fitting = (Object.keys(METHODS) as Method[]).filter((name) =>
      OPERATORS[type].includes(METHODS[name]),
    );
    throw new InvalidRequestError(`${where} does not fit; these do: ${fitting.join(", ")}.`);
  }
  const isList = method === "anyOf" || method === "noneOf";
  const isNullTest = method === "isNull" || method === "isNotNull";
  if (isList ? values.length === 0 : values.length !== (isNullTest ? 0 : 1))
    throw new InvalidRequestError(
      `${where} takes ${isList ? "one value or more" : isNullTest ? "no value" : "one value"}.`,
    );
  const single = values[0];
  const isWholeList =
    type === "arrayOptions" && (method === "eq" || method === "ne") && Array.isArray(single);
  const checked = isWholeList ? [...single] : values;
  for (const value of checked) checkValue(where, type, method, value);
  if (new Set(checked.map((value) => typeof value)).size > 1)
    throw new InvalidRequestError(`${where}: the values must be of one type.`);
  return new Filter(
    {
      field,
      operator,
      type,
      ...(key !== undefined && { key }),
      ...(!isNullTest && { value: isList || isWholeList ? checked : single }),
    },
    !(UNCONFIRMED_FIELDS.has(field) || UNCONFIRMED_OPERATORS.has(operator) || UNCONFIRMED_TYPES.has(type)),
  );
}

/** Refuse a value that the field, or the operator, cannot be compared with. */
function checkValue(where: string, type: FilterType, method: Method, value: unknown): void {
  const isFree = type === "object" || type === "attributeKey";
  const isOrder = ORDER_METHODS.includes(method);
  let expected: string;
  if (type === "number" || (isFree && isOrder)) {
    if (Number.isFinite(value)) return;
    expected = "a finite number";
  } else if (type === "boolean") {
    if (typeof value === "boolean") return;
    expected = "true or false";
  } else {
    if (typeof value === "string") {
      if (!/\p{Cs}/u.test(value)) return;
      throw new InvalidRequestError(`${where}: the text holds half a character and cannot be sent.`);
    }
    const isScalar = isFree && !TEXT_METHODS.includes(method);
    if (isScalar && Number.isFinite(value)) return;
    if (isScalar && typeof value === "boolean" && (method === "eq" || method === "ne")) return;
    expected = isScalar ? "text, a finite number, true or false" : "text";
  }
  const hint = value === null || value === undefined ? "; use isNull() or isNotNull()" : "";
  const came = Array.isArray(value) ? "an array; give its items: (...values)" : shown(value);
  throw new InvalidRequestError(`${where} needs ${expected}, not ${came}${hint}.`);
}

/** The type of a field that the contract does not know. */
function typeOf(value: unknown, field: string): FilterType {
  const type = value === undefined || value === null ? "string" : typeof value;
  if (type === "string" || type === "number" || type === "boolean") return type;
  throw new InvalidRequestError(`${field} cannot be compared with this; give text, a number, true or false.`);
}

function checkName(name: unknown, what: string): string {
  if (typeof name !== "string" || !name || /\p{Cs}/u.test(name))
    throw new InvalidRequestError(`${what} must be text, not empty, and without halves of characters.`);
  return name;
}

function createFields(): Fields {
  const typed = (type: FilterType) => (name: string) => fieldOf(name, type);
  const made = filterFields({
    string: typed("string") as (name: string) => StringField,
    number: typed("number") as (name: string) => NumberField,
    boolean: typed("boolean") as (name: string) => BooleanField,
    arrayOptions: typed("arrayOptions") as (name: string) => ListField,
    object: (name) => (key: string) => fieldOf(name, "object", checkName(key, `${name}: a key`)) as AnyField,
  });
  const types: Readonly<Record<string, FilterType>> = FIELD_TYPES;
  return {
    ...made,
    get(name) {
      const type = Object.hasOwn(types, checkName(name, "A field")) ? types[name] : undefined;
      if (type === "object")
        throw new InvalidRequestError(
          `${name} is an object: compare one of its keys, fields.${name}("key").`,
        );
      return fieldOf(name, type) as AnyField;
    },
    attribute: (name) => fieldOf(checkName(name, "A span attribute"), "attributeKey") as AnyField,
  };
}

/**
 * The fields of a trace that can be compared.
 *
 * @example
 * ```ts
 * client.usage.iterTraces({
 *   startTime, endTime,
 *   filters: [fields.totalCost.gt(0.5), fields.models.anyOf("gpt-4o"), fields.metadata("plan").eq("pro"), fields.hasError.not()],
 * });
 * ```
 */
export const fields: Fields = /* @__PURE__ */ createFields();
