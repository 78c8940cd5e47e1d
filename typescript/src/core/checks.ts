/** Checks of single arguments. Each refusal says what to do. */

import { InvalidRequestError, type NetraError } from "../errors.js";

/** The contract's largest page, in rows, and what walks ask for where no limit is given. */
export const MAX_PAGE_SIZE = 100;
/** Of a text in a URL, encoded. */
const MAX_ENCODED_LENGTH = 20_000;

type ErrorClass = new (message: string) => NetraError;

/** A value for a message, whatever it is: some objects cannot be made text, and text may be long. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return typeof value === "function" || (typeof value === "object" && value !== null)
    ? `a value of type ${typeof value}`
    : String(value);
}

/** Refuse names that nothing here reads: a misspelt filter would be no filter at all. */
export function refuseUnknown(rest: object, what: string, errorClass: ErrorClass): void {
  const [name] = Object.keys(rest);
  if (name !== undefined)
    throw new errorClass(`There is no ${what} ${JSON.stringify(name)}: check its spelling.`);
}

/** Check that options or parameters are one object. */
export function checkObject(params: unknown, example: string): void {
  if (typeof params !== "object" || params === null)
    throw new InvalidRequestError(`The parameters are one object, such as ${example}.`);
}

/** Whether a text can be sent in a URL: not empty, valid Unicode, and not too long. */
export function isSendable(text: string): boolean {
  try {
    return text !== "" && encodeURIComponent(text).length <= MAX_ENCODED_LENGTH;
  } catch {
    return false; // half a character
  }
}

/** Check an optional text; null and undefined are the same. */
export function optionalText(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string")
    throw new InvalidRequestError(`${name} must be a string, not ${typeof value}.`);
  if (value === "") throw new InvalidRequestError(`${name} is empty: leave it out, or give a value.`);
  if (!isSendable(value))
    throw new InvalidRequestError(
      `${name}: ${shown(value)} cannot be sent: it is too long for a URL, or holds half a character.`,
    );
  return value;
}

/** Check an id that becomes one segment of the path. */
export function pathSegment(value: unknown, name: string): string {
  const text = optionalText(value, name);
  if (text === undefined) throw new InvalidRequestError(`${name} is missing: give an id.`);
  if (text === "." || text === "..")
    throw new InvalidRequestError(
      `${name}: "${text}" cannot be sent: in a URL it stands for a folder, not for an id.`,
    );
  return text;
}

/** Check a page size, in rows. */
export function pageSize(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const limit = wholeNumber(value, "limit", "it is the page size");
  if (limit > MAX_PAGE_SIZE)
    throw new InvalidRequestError(`limit: ${limit} must be at most ${MAX_PAGE_SIZE}: it is the page size.`);
  return limit;
}

/** Check how many requests may be in flight. */
export function concurrencyOf(value: unknown): number {
  return wholeNumber(value, "concurrency", "it is the number of requests at a time");
}

function wholeNumber(value: unknown, name: string, meaning: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw new InvalidRequestError(`${name}: ${shown(value)} must be an integer from 1: ${meaning}.`);
  return value as number;
}

/** Check one of a closed set of words. */
export function choice<Word extends string>(
  value: Word | null | undefined,
  name: string,
  words: readonly Word[],
): Word | undefined {
  if (value === undefined || value === null) return undefined;
  if (!words.includes(value))
    throw new InvalidRequestError(`${name}: ${shown(value)} must be one of ${words.join(", ")}.`);
  return value;
}
