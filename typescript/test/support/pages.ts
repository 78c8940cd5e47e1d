/** A service with rows in pages, on which walks run. */

import { type Json, page, span, trace } from "./rows.js";
import type { Received, Reply } from "./server.js";

/** The cursor that a request asks with. */
export function cursorOf(request: Received): string | null {
  const sent =
    request.method === "GET"
      ? Object.fromEntries(request.query)
      : (JSON.parse(request.body) as { pagination: { cursor?: string } }).pagination;
  return sent["cursor"] ?? null;
}

export function limitOf(request: Received): number {
  const sent =
    request.method === "GET"
      ? Object.fromEntries(request.query)
      : (JSON.parse(request.body) as { pagination: { limit?: number } }).pagination;
  return Number(sent["limit"] ?? 20);
}

/** The id of the trace whose spans are asked for; null for another request. */
export function traceIdOf(request: Received): string | null {
  return /^\/sdk\/traces\/(.+)\/spans$/.exec(request.path)?.[1] ?? null;
}

/** So many rows, numbered from 1, in pages of `limit` rows. */
export function pageOf(request: Received, total: number, changes: Json = {}): Reply {
  const first = Number(cursorOf(request)?.split("-").at(-1) ?? 0) + 1;
  const last = Math.min(first + limitOf(request) - 1, total);
  const traceId = traceIdOf(request);
  const rows = Array.from({ length: Math.max(last - first + 1, 0) }, (_, index) =>
    traceId === null ? trace(first + index, changes) : span(first + index, { trace_id: traceId, ...changes }),
  );
  return { json: page(rows, last < total) };
}
