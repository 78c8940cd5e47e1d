/** What an operation asks for, as plain data: no HTTP library is named here. */

/** One request. */
export interface ApiRequest {
  /** The operation's name in the contract. */
  readonly name: string;
  readonly method: string;
  /** The path below the base URL; each parameter in it is one percent-encoded segment. */
  readonly path: string;
  /** Names and values of the query, not yet encoded. */
  readonly query?: readonly QueryPair[];
  /** What to send as JSON. */
  readonly body?: object;
}

export type QueryPair = readonly [name: string, value: string];

/** The pairs that have a value; numbers as text. */
export function queryOf(
  pairs: readonly (readonly [name: string, value: string | number | null | undefined])[],
): readonly QueryPair[] {
  const found: QueryPair[] = [];
  for (const [name, value] of pairs) {
    if (value !== null && value !== undefined) found.push([name, String(value)]);
  }
  return found;
}
