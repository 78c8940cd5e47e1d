/** What the methods return. The rows are generated from the contract; these are the pages that hold them. */

import type { TraceSpan, TraceSummary } from "../../generated/typescript/models.js";

export type {
  Direction,
  FilterOperator,
  FilterType,
  SessionUsageData,
  SortOrder,
  TenantUsageData,
  TraceSpan,
  TraceSummary,
} from "../../generated/typescript/models.js";

/** Where a page stands in its list. */
export interface PagePosition {
  /** Whether more pages exist. */
  readonly hasNextPage: boolean;
  /** Pass it as `cursor` to get the next page; null on the last one. */
  readonly nextCursor: string | null;
}

/** One page of traces. */
export interface TracesPage extends PagePosition {
  /** The traces, in the order of the walk. */
  readonly traces: readonly TraceSummary[];
}

/** One page of the spans of a trace. */
export interface SpansPage extends PagePosition {
  /** The spans, in the order of the walk. */
  readonly spans: readonly TraceSpan[];
}

/** A trace and all its spans, in the order of their start. */
export interface TraceWithSpans {
  /** The trace. */
  readonly trace: TraceSummary;
  /** All its spans. */
  readonly spans: readonly TraceSpan[];
}

/** One page of traces with their spans. */
export interface TracesWithSpansPage extends PagePosition {
  /** The traces with their spans, in the order of the walk. */
  readonly traces: readonly TraceWithSpans[];
}

/**
 * A row as plain fields: also those that this version of the package does not know, under the name that was sent.
 *
 * @example
 * ```ts
 * const plan = fieldsOf(trace)["new_field"];
 * ```
 */
export function fieldsOf(row: object): Readonly<Record<string, unknown>> {
  return row as Readonly<Record<string, unknown>>;
}
