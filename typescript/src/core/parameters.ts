/** The arguments of the operations, checked once per call. A page of a walk is not checked again. */

import type { Direction, SortOrder } from "../../../generated/typescript/models.js";
import { APIResponseValidationError, InvalidRequestError, type NetraError } from "../errors.js";
import {
  checkObject,
  choice,
  MAX_PAGE_SIZE,
  optionalText,
  pageSize,
  pathSegment,
  refuseUnknown,
} from "./checks.js";
import { Filter } from "./filter.js";
import { type Timestamp, windowOf } from "./timestamps.js";

/** What stands for a condition in `filters`, such as `fields.hasError`. */
export interface FilterSource {
  /** The condition. */
  toFilter(): Filter;
}

/** Which traces, in which order, and which page of them. */
export interface ListTracesParams {
  /** Start of the time range, inclusive: ISO 8601 text such as `"2026-01-01T00:00:00.000Z"`, or a `Date`. */
  readonly startTime: Timestamp;
  /** End of the time range, inclusive. */
  readonly endTime: Timestamp;
  /** Only this trace. */
  readonly traceId?: string | null | undefined;
  /** Only traces of this session. */
  readonly sessionId?: string | null | undefined;
  /** Only traces of this user. */
  readonly userId?: string | null | undefined;
  /** Only traces of this tenant. */
  readonly tenantId?: string | null | undefined;
  /** Most traces on a page, 1 to 100. `listTraces` leaves it to the service (20); `iterTraces` asks for 100. */
  readonly limit?: number | null | undefined;
  /** `nextCursor` of a page, or `.cursor` of an iterator or of an error: go on behind it. */
  readonly cursor?: string | null | undefined;
  /** Which way to walk from the cursor: `"down"` (default) follows the sort order, `"up"` runs against it. */
  readonly direction?: Direction | null | undefined;
  /** The field to sort by, such as `"start_time"` or `"total_cost"`. */
  readonly sortField?: string | null | undefined;
  /** Ascending or descending. */
  readonly sortOrder?: SortOrder | null | undefined;
  /** Conditions that must all hold, made from `fields`: `[fields.totalCost.gt(0.5)]`. */
  readonly filters?: readonly (Filter | FilterSource)[] | null | undefined;
}

/** Which spans of which trace, and which page of them. */
export interface ListSpansParams {
  /** The trace. */
  readonly traceId: string;
  /** `nextCursor` of a page, or `.cursor` of an iterator or of an error: go on behind it. */
  readonly cursor?: string | null | undefined;
  /** Which way to walk from the cursor: `"down"` (default) or `"up"`. */
  readonly direction?: Direction | null | undefined;
  /** Most spans on a page, 1 to 100. `listSpansByTraceId` leaves it to the service (20); the iterator asks for 100. */
  readonly limit?: number | null | undefined;
  /** Only spans whose name (or kind) holds this text. */
  readonly spanName?: string | null | undefined;
}

export interface UsageQuery {
  readonly id: string;
  readonly startTime: string;
  readonly endTime: string;
}

export interface TracesQuery {
  readonly startTime: string;
  readonly endTime: string;
  /** The four documented filters, by the wire's name. */
  readonly ids: readonly (readonly [name: string, id: string])[];
  readonly filters: readonly Filter[];
  readonly limit: number | undefined;
  readonly cursor: string | null;
  readonly direction: Direction;
  readonly sortField: string | undefined;
  readonly sortOrder: SortOrder | undefined;
}

export interface SpansQuery {
  readonly traceId: string;
  readonly cursor: string | null;
  readonly direction: Direction;
  readonly limit: number | undefined;
  readonly spanName: string | undefined;
}

export function usageQuery(id: unknown, name: string, startTime: unknown, endTime: unknown): UsageQuery {
  const [start, end] = windowOf(startTime, endTime);
  return { id: pathSegment(id, name), startTime: start, endTime: end };
}

export function tracesQuery(params: ListTracesParams): TracesQuery {
  checkObject(params, "{ startTime, endTime }");
  const {
    startTime, endTime, traceId, sessionId, userId, tenantId, filters,
    limit, cursor, direction, sortField, sortOrder, ...unknown
  } = params; // biome-ignore format: names in groups
  refuseUnknown(unknown, "parameter", InvalidRequestError);
  const [start, end] = windowOf(startTime, endTime);
  const ids: [string, string][] = [];
  for (const [name, argument, value] of [
    ["trace_id", "traceId", traceId],
    ["session_id", "sessionId", sessionId],
    ["user_id", "userId", userId],
    ["tenant_id", "tenantId", tenantId],
  ] as const) {
    const id = optionalText(value, argument);
    if (id !== undefined) ids.push([name, id]);
  }
  return {
    startTime: start,
    endTime: end,
    ids,
    filters: conditionsOf(filters),
    limit: pageSize(limit),
    cursor: optionalText(cursor, "cursor") ?? null,
    direction: directionOf(direction),
    sortField: optionalText(sortField, "sortField"),
    sortOrder: choice(sortOrder, "sortOrder", ["asc", "desc"]),
  };
}

export function spansQuery(params: ListSpansParams): SpansQuery {
  checkObject(params, "{ traceId }");
  const { traceId, cursor, direction, limit, spanName, ...unknown } = params;
  refuseUnknown(unknown, "parameter", InvalidRequestError);
  return {
    traceId: pathSegment(traceId, "traceId"),
    cursor: optionalText(cursor, "cursor") ?? null,
    direction: directionOf(direction),
    limit: pageSize(limit),
    spanName: optionalText(spanName, "spanName"),
  };
}

/** The query for all spans of a trace that the service listed. */
export function spansOfTrace(traceId: string): SpansQuery {
  try {
    return inLargePages(spansQuery({ traceId }));
  } catch (error) {
    // Not the caller's fault: the id is the service's.
    throw new APIResponseValidationError(
      `The service listed a trace whose spans cannot be asked for, because of its id: ${(error as NetraError).message}`,
    );
  }
}

/** The query of a walk: the largest page, unless the caller chose a size. */
export function inLargePages<Query extends { readonly limit: number | undefined }>(query: Query): Query {
  return { ...query, limit: query.limit ?? MAX_PAGE_SIZE };
}

function directionOf(value: Direction | null | undefined): Direction {
  return choice(value, "direction", ["up", "down"]) ?? "down";
}

function conditionsOf(filters: ListTracesParams["filters"]): readonly Filter[] {
  if (filters === undefined || filters === null) return [];
  if (!Array.isArray(filters))
    throw new InvalidRequestError(
      "filters must be an array of conditions, such as [fields.totalCost.gt(0.5)].",
    );
  return filters.map((condition: (Partial<FilterSource> & Filter) | null | undefined) => {
    const filter = typeof condition?.toFilter === "function" ? condition.toFilter() : condition;
    if (filter instanceof Filter) return filter;
    throw new InvalidRequestError("filters must hold conditions, such as fields.totalCost.gt(0.5).");
  });
}
