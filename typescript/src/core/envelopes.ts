/**
 * Read the JSON envelopes of responses: a usage, or a page of rows.
 *
 * A response must prove that it belongs to its request, and that it is no failure in disguise: ids are compared with
 * those that were asked for, and an envelope without data must say nothing but success.
 */

import { list, listOf, nested, object, PayloadError } from "../../../generated/typescript/checks.js";
import type { PageInfo } from "../../../generated/typescript/models.js";
import { readPageInfo } from "../../../generated/typescript/readers.js";
import { PaginationError } from "../errors.js";
import { isSendable } from "./checks.js";
import { messageIn } from "./error-body.js";

type Fields = Readonly<Record<string, unknown>>;

/** How a usage is read, and which of its fields tells whose it is. */
export interface UsageModel<Usage> {
  readonly read: (value: unknown) => Usage;
  /** The fields that the contract knows, by the wire's names. */
  readonly fields: ReadonlySet<string>;
  /** The wire's name of the id. */
  readonly idField: string;
}

/** What a page holds, before it has a public form. */
export interface PageContent<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly nextCursor: string | null;
}

/** The usage, or null where `data` holds none. A body without an envelope is always a usage. */
export function readUsage<Usage extends object>(
  body: unknown,
  model: UsageModel<Usage>,
  expectedId: string,
): Usage | null {
  const envelope = envelopeOf(body);
  const readData = (value: unknown): Usage => {
    const data = envelopeOf(value);
    const usage = model.read(data);
    const found = data[model.idField];
    if (found !== expectedId) throw wrongId(found, expectedId, [model.idField]);
    if (Object.values(usage).every((part) => typeof part !== "number" || part === 0)) {
      refuseSilentFailure(data, (name) => model.fields.has(name));
      if (data !== envelope) refuseSilentFailure(envelope, isData);
    }
    return usage;
  };
  if (!("data" in envelope)) return readData(envelope);
  if (holdsNoUsage(envelope["data"], model.fields)) {
    refuseSilentFailure(envelope, isData);
    return null;
  }
  return nested(readData, envelope["data"], "data");
}

/** Whether it is null, empty, or nothing but nulls and, in fields that the contract knows, zeros. */
function holdsNoUsage(data: unknown, known: ReadonlySet<string>): boolean {
  if (typeof data !== "object" || data === null) return data === null;
  return (
    !Array.isArray(data) &&
    Object.entries(data).every(
      ([name, value]) => value === null || (known.has(name) && (value === 0 || value === "")),
    )
  );
}

/**
 * The rows, whether more follow, and the cursor of the next page.
 *
 * @param what names the rows, for errors
 * @param expected the ids that were asked for: the wire's name in a row, and the id. A row may also carry none.
 */
export function readPage<Row>(
  body: unknown,
  readRow: (value: unknown) => Row,
  what: string,
  expected: readonly (readonly [name: string, id: string])[],
): PageContent<Row> {
  const envelope = envelopeOf(body);
  const page = nested((value) => readResult(value, readRow, what, expected), envelope["data"], "data");
  if (page.rows.length === 0 && !page.hasNextPage) {
    refuseSilentFailure(envelope, isData);
    refuseSilentFailure(envelope["data"] as Fields, (name) => name === "data" || name === "pageInfo");
  }
  return page;
}

function readResult<Row>(
  value: unknown,
  readRow: (value: unknown) => Row,
  what: string,
  expected: readonly (readonly [name: string, id: string])[],
): PageContent<Row> {
  const result = envelopeOf(value);
  const info = nested(readPageInfo, result["pageInfo"], "pageInfo");
  const items = list(result["data"], "data");
  const nextCursor = info.hasNextPage ? nextCursorOf(items, info) : null;
  // Before the rows: without a next cursor this page cannot be part of a complete walk.
  if (info.hasNextPage && nextCursor === null)
    throw new PaginationError(
      `A page of ${what} says that more follow, but holds no cursor with which to ask for them: the rest cannot be read. No row of this page was emitted.`,
    );
  const rows = listOf(readRow, items, "data");
  for (const [name, id] of expected)
    items.forEach((item, index) => {
      const found = (item as Fields)[name];
      if (found && found !== id && !(/^(trace_)?id$/.test(name) && isSameTrace(String(found), id)))
        throw wrongId(found, id, ["data", index, name]);
    });
  return { rows, hasNextPage: info.hasNextPage, nextCursor };
}

/** Ids of traces may be written with or without dashes, in upper or lower case. */
function isSameTrace(one: string, other: string): boolean {
  return one.replace(/-/g, "").toLowerCase() === other.replace(/-/g, "").toLowerCase();
}

/** An id other than the one that was asked for: the response belongs to another request. */
function wrongId(found: unknown, expected: string, path: (string | number)[]): PayloadError {
  return new PayloadError(
    `${JSON.stringify(String(found).slice(0, 100))} was answered, ${JSON.stringify(expected.slice(0, 100))} was asked for`,
    path,
  );
}

/** An object that holds data. Refuses one that reports a failure in spite of its status. */
function envelopeOf(body: unknown): Fields {
  const envelope = object(body);
  const isFailure = (value: unknown) =>
    Boolean(value) && !(typeof value === "object" && Object.keys(value as object).length === 0);
  if (
    isFailure(envelope["error"]) ||
    isFailure(envelope["errors"]) ||
    !saysSuccess("success", envelope["success"]) ||
    !saysSuccess("statusCode", envelope["statusCode"])
  )
    throw failure(envelope);
  return envelope;
}

function saysSuccess(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return name === "success" ? value === true : name === "statusCode" && (value === 200 || value === 201);
}

function isData(name: string): boolean {
  return name === "data";
}

/** Refuse an envelope without data that says more than "success": a failure may be why the data is missing. */
function refuseSilentFailure(envelope: Fields, isKnown: (name: string) => boolean): void {
  for (const name in envelope)
    if (!isKnown(name) && !saysSuccess(name, envelope[name])) throw failure(envelope);
}

function failure(envelope: Fields): PayloadError {
  const message = messageIn(envelope).slice(0, 200);
  return new PayloadError(`the status tells of success, the body of a failure${message && ` (${message})`}`);
}

/** The last row's cursor; the page's own only where that row has none that is usable. */
function nextCursorOf(items: readonly unknown[], info: PageInfo): string | null {
  const last = items[items.length - 1] as Fields | null | undefined;
  for (const cursor of [last?.["cursor"], info.nextCursor]) if (isUsableCursor(cursor)) return cursor;
  return null;
}

/** Whether a cursor of the service can be sent back: it may be empty, too long, or half a character. */
export function isUsableCursor(cursor: unknown): cursor is string {
  return typeof cursor === "string" && isSendable(cursor);
}
