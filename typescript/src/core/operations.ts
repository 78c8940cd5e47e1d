/**
 * The four operations of the contract, each once: from a checked query to a request, and from a body to a result. The
 * generated modules know methods, paths and parameter names; `envelopes` reads the bodies.
 */

import type {
  SessionUsageData,
  TenantUsageData,
  TraceSpan,
  TraceSummary,
} from "../../../generated/typescript/models.js";
import * as requests from "../../../generated/typescript/operations.js";
import {
  readSessionUsageData,
  readTenantUsageData,
  readTraceSpan,
  readTraceSummary,
  SESSION_USAGE_DATA_FIELDS,
  TENANT_USAGE_DATA_FIELDS,
} from "../../../generated/typescript/readers.js";
import type { SpansPage, TracesPage } from "../models.js";
import { readPage, readUsage } from "./envelopes.js";
import type { SpansQuery, TracesQuery, UsageQuery } from "./parameters.js";

/** Rows. The service's default, where a request has no limit. */
const DEFAULT_PAGE_SIZE = 20;

/** One request, and the parser of its response. */
export interface Operation<Result> {
  readonly request: requests.ApiRequest;
  /** Makes the result of a JSON body. Throws a `PayloadError` where the body does not fit. */
  readonly parse: (body: unknown) => Result;
  /** The page size. */
  readonly limit?: number;
  /** Makes the same request for a page of at most so many rows. */
  readonly withLimit?: (limit: number) => Operation<Result>;
  /** What to add to the message of a 400. */
  readonly refusalNote?: string;
}

export function getSessionUsage(query: UsageQuery): Operation<SessionUsageData | null> {
  const { id: sessionId, startTime, endTime } = query;
  const model = { read: readSessionUsageData, fields: SESSION_USAGE_DATA_FIELDS, idField: "session_id" };
  return {
    request: requests.getSessionUsage({ sessionId, startTime, endTime }),
    parse: (body) => readUsage(body, model, sessionId),
  };
}

export function getTenantUsage(query: UsageQuery): Operation<TenantUsageData | null> {
  const { id: tenantId, startTime, endTime } = query;
  const model = { read: readTenantUsageData, fields: TENANT_USAGE_DATA_FIELDS, idField: "tenant_id" };
  return {
    request: requests.getTenantUsage({ tenantId, startTime, endTime }),
    parse: (body) => readUsage(body, model, tenantId),
  };
}

/** One page of the query: that behind `cursor`, with at most `limit` rows. */
export function listTraces(
  query: TracesQuery,
  cursor: string | null,
  limit: number | undefined,
): Operation<TracesPage> {
  const { startTime, endTime, ids, filters, direction, sortField, sortOrder } = query;
  // A trace names its own id "id".
  const expected = ids.map(([name, id]) => [name === "trace_id" ? "id" : name, id] as const);
  const unconfirmed = filters.filter((filter) => !filter.isConfirmed());
  return {
    request: requests.listTraces({
      startTime,
      endTime,
      filters: [
        ...ids.map(([field, value]) => ({ field, operator: "equals", type: "string", value }) as const),
        ...filters,
      ],
      pagination: { limit, cursor: cursor ?? undefined, direction },
      sortField,
      sortOrder,
    }),
    parse(body) {
      const { rows, ...page } = readPage<TraceSummary>(body, readTraceSummary, "traces", expected);
      return { traces: rows, ...page };
    },
    limit: limit ?? DEFAULT_PAGE_SIZE,
    withLimit: (smaller) => listTraces(query, cursor, smaller),
    refusalNote: unconfirmed.length
      ? `The service may not know these filters, which no published client sends: ${JSON.stringify(unconfirmed)}.`
      : "",
  };
}

/** One page of the query: that behind `cursor`, with at most `limit` rows. */
export function listSpansByTraceId(
  query: SpansQuery,
  cursor: string | null,
  limit: number | undefined,
): Operation<SpansPage> {
  const { traceId, direction, spanName } = query;
  return {
    request: requests.listSpansByTraceId({
      traceId,
      cursor: cursor ?? undefined,
      direction,
      limit,
      spanName,
    }),
    parse(body) {
      const { rows, ...page } = readPage<TraceSpan>(body, readTraceSpan, "spans", [["trace_id", traceId]]);
      return { spans: rows, ...page };
    },
    limit: limit ?? DEFAULT_PAGE_SIZE,
    withLimit: (smaller) => listSpansByTraceId(query, cursor, smaller),
  };
}
