/** Time stamps: one grammar for what callers give and for what the service sends. */

import { InvalidRequestError } from "../errors.js";
import { shown } from "./checks.js";

/** ISO 8601 text (any offset; none means UTC), or a `Date`. */
export type Timestamp = string | Date;

const GRAMMAR =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?$/;
const MIN_TIME = -62_135_596_800_000; // year 1
const MAX_TIME = 253_402_300_799_999; // year 9999
const MINUTE = 60_000;

/**
 * Milliseconds since 1970 of an ISO 8601 text; undefined where it is none. The platform's own parser takes other forms
 * on each platform, moves days that do not exist into the next month, and reads a text without offset as local time.
 */
export function parseIso(text: string): number | undefined {
  const found = GRAMMAR.exec(text);
  if (!found) return undefined;
  const part = (index: number) => Number(found[index] ?? 0);
  const day = new Date(0);
  day.setUTCFullYear(part(1), part(2) - 1, part(3));
  if (
    day.getUTCMonth() !== part(2) - 1 ||
    day.getUTCDate() !== part(3) ||
    part(4) > 23 ||
    part(5) > 59 ||
    part(6) > 59 ||
    part(9) > 23 ||
    part(10) > 59
  )
    return undefined;
  const offset = (part(9) * 60 + part(10)) * (found[8] === "-" ? -MINUTE : MINUTE);
  const milliseconds = Number((found[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const time = day.getTime() + (part(4) * 60 + part(5)) * MINUTE + part(6) * 1_000 + milliseconds - offset;
  return part(1) > 0 && time >= MIN_TIME && time <= MAX_TIME ? time : undefined;
}

/**
 * A `Date` of what the service sends as time: ISO 8601 text, or milliseconds since 1970 as text. Null where the text is
 * null or neither.
 *
 * @example
 * ```ts
 * console.log(parseTime(span.startTimeMs)?.toISOString());
 * ```
 */
export function parseTime(text: string | null): Date | null {
  if (text === null) return null;
  const time = /^-?\d+$/.test(text) ? Number(text) : parseIso(text);
  return time === undefined || !(time >= MIN_TIME && time <= MAX_TIME) ? null : new Date(time);
}

/** Both ends as the service wants them. Refuses a window that ends before it starts. */
export function windowOf(startTime: unknown, endTime: unknown): [string, string] {
  const start = toWire(startTime, "startTime");
  if (typeof endTime === "string" && /^\d{4}-\d\d-\d\d$/.test(endTime))
    throw new InvalidRequestError(
      `endTime: "${endTime}" has no time of day and would leave out the day itself: write "${endTime}T23:59:59.999Z".`,
    );
  const end = toWire(endTime, "endTime");
  if (start > end)
    throw new InvalidRequestError(
      `startTime ${start} is after endTime ${end}: give the earlier one as startTime.`,
    );
  return [start, end];
}

/** `YYYY-MM-DDTHH:MM:SS.sssZ`, cut (not rounded) to milliseconds. */
function toWire(value: unknown, name: string): string {
  // Not `instanceof`: a Date may come from another window or context.
  const date = value as Partial<Date> | null | undefined;
  if (typeof value !== "string" && typeof date?.getTime !== "function")
    throw new InvalidRequestError(
      `${name} must be ISO 8601 text or a Date, not ${shown(value)}; for milliseconds since 1970, use new Date(milliseconds).`,
    );
  const time = typeof value === "string" ? parseIso(value) : date?.getTime?.();
  if (time === undefined || !(time >= MIN_TIME && time <= MAX_TIME))
    throw new InvalidRequestError(
      `${name}: ${typeof value === "string" ? shown(value) : "this Date"} is not a time that can be sent: write it like "2026-01-01T00:00:00.000Z".`,
    );
  return new Date(time).toISOString();
}
