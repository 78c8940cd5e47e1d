/** What the readers check JSON values with. */

/** A name or an index on the way to a value. */
export type Step = string | number;

/** A JSON value is not what the contract promises. */
export class PayloadError extends Error {
  override readonly name: string = "PayloadError";
  /** What is wrong. */
  readonly problem: string;
  /** The names and indexes that lead to the value. */
  readonly path: readonly Step[];

  constructor(problem: string, path: readonly Step[] = []) {
    super(path.length > 0 ? `${placeOf(path)}: ${problem}` : problem);
    this.problem = problem;
    this.path = path;
  }

  /** The path as text, like `data.data[3].total_cost`. */
  get place(): string {
    return placeOf(this.path);
  }

  /** The same error, seen from the value that holds this one under `step`. */
  within(step: Step): PayloadError {
    return new PayloadError(this.problem, [step, ...this.path]);
  }
}

/** A JSON object whose fields have these names, and perhaps others. */
export type Sent<Names extends readonly string[]> = {
  readonly [name in Names[number]]?: unknown;
};

/** A JSON object whose fields the contract does not name. */
export type JsonObject = Readonly<Record<string, unknown>>;

// Each check takes the value and, for its error, the name under which it was sent.

export function string(value: unknown, name?: Step): string {
  if (typeof value !== "string") throw unexpected("a string", value, name);
  return value;
}

export function boolean(value: unknown, name?: Step): boolean {
  if (typeof value !== "boolean") throw unexpected("true or false", value, name);
  return value;
}

export function number(value: unknown, name?: Step): number {
  if (!Number.isFinite(value)) throw unexpected("a finite number", value, name);
  return value as number;
}

/** Integers that a number cannot hold exactly are refused: their last digits are lost already. */
export function integer(value: unknown, name?: Step): number {
  if (!Number.isSafeInteger(value)) {
    throw unexpected(
      Number.isInteger(value) ? "an integer within ±(2^53 - 1)" : "an integer",
      value,
      name,
    );
  }
  return value as number;
}

export function object(value: unknown, name?: Step): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw unexpected("an object", value, name);
  }
  return value as JsonObject;
}

export function list(value: unknown, name?: Step): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected("a list", value, name);
  return value;
}

/** A list of what `reader` makes of the items; its errors name the item. */
export function listOf<T>(reader: (item: unknown) => T, value: unknown, name?: Step): readonly T[] {
  // Not by `push`: an array that grows keeps room for more than a row's few models.
  return list(value, name).map((item, index) => {
    try {
      return reader(item);
    } catch (error) {
      throw within(error, index, name);
    }
  });
}

/** What `reader` makes of a field that holds an object; its errors name the field. */
export function nested<T>(reader: (value: unknown) => T, value: unknown, name: Step): T {
  const found = present(value, name);
  try {
    return reader(found);
  } catch (error) {
    throw within(error, name);
  }
}

/** The value of a field that may be null, but not absent. */
export function present(value: unknown, name: Step): unknown {
  if (value === undefined) throw unexpected("a value", value, name);
  return value;
}

// What may be null or absent is null.

export function nullableString(value: unknown, name: Step): string | null {
  return isNothing(value) ? null : string(value, name);
}

export function nullableBoolean(value: unknown, name: Step): boolean | null {
  return isNothing(value) ? null : boolean(value, name);
}

export function nullableNumber(value: unknown, name: Step): number | null {
  return isNothing(value) ? null : number(value, name);
}

export function nullableInteger(value: unknown, name: Step): number | null {
  return isNothing(value) ? null : integer(value, name);
}

export function nullableObject(value: unknown, name: Step): JsonObject | null {
  return isNothing(value) ? null : object(value, name);
}

export function nullableList(value: unknown, name: Step): readonly unknown[] | null {
  return isNothing(value) ? null : list(value, name);
}

export function nullableListOf<T>(
  reader: (item: unknown) => T,
  value: unknown,
  name: Step,
): readonly T[] | null {
  return isNothing(value) ? null : listOf(reader, value, name);
}

export function nullableNested<T>(
  reader: (value: unknown) => T,
  value: unknown,
  name: Step,
): T | null {
  return isNothing(value) ? null : nested(reader, value, name);
}

export function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Keeps the fields that the contract does not know, as they came; a field of ours stays ours. */
export function keepUnknown(row: object, source: object, known: ReadonlySet<string>): void {
  for (const name in source) {
    if (known.has(name)) continue;
    const value = (source as JsonObject)[name];
    if (!(name in row)) {
      (row as Record<string, unknown>)[name] = value;
    } else if (isOwn(source, name) && !isOwn(row, name)) {
      // Every object inherits this name, and to assign to `__proto__` would change the prototype.
      Object.defineProperty(row, name, { ...AS_ASSIGNED, value });
    }
  }
}

const AS_ASSIGNED = { configurable: true, enumerable: true, writable: true };

function isOwn(value: object, name: string): boolean {
  return Object.getOwnPropertyDescriptor(value, name) !== undefined;
}

/** The error for a value that does not fit. Text is not shown: it may be long, or a secret. */
function unexpected(what: string, value: unknown, name?: Step): PayloadError {
  const isShown = value === null || typeof value === "number" || typeof value === "boolean";
  const shown = isShown ? value : `a value of type ${Array.isArray(value) ? "list" : typeof value}`;
  return name === undefined
    ? new PayloadError(`expected ${what}, got ${shown}`)
    : new PayloadError(value === undefined ? "missing" : `expected ${what}, got ${shown}`, [name]);
}

/** What to throw in place of an error from below `step`, itself below `outer`. */
function within(error: unknown, step: Step, outer?: Step): unknown {
  if (!(error instanceof PayloadError)) return error;
  const found = error.within(step);
  return outer === undefined ? found : found.within(outer);
}

function placeOf(path: readonly Step[]): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return text.replace(/^\.+/, "");
}
