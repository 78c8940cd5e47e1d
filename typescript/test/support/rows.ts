/** Rows and pages as the service sends them: the twin of `tests/support/rows.py`. */

export const START = "2026-01-01T00:00:00.000Z";
export const END = "2026-01-31T23:59:59.000Z";
export const WINDOW = { startTime: START, endTime: END };

export type Json = Record<string, unknown>;

export function trace(number = 1, changes: Json = {}): Json {
  return {
    id: `trace-${number}`,
    name: "answer_question",
    kind: "workflow",
    latency_ms: 12.5,
    start_time: "2026-01-15T09:30:00.000Z",
    end_time: "2026-01-15T09:30:02.500Z",
    cursor: `cursor-${number}`,
    organisation_id: "org",
    project_id: "project",
    ...changes,
  };
}

export function span(number = 1, changes: Json = {}): Json {
  return {
    id: `span-${number}`,
    trace_id: "trace-1",
    name: "openai.chat",
    kind: "generation",
    organisation_id: "org",
    project_id: "project",
    created_at: "2026-01-15T09:30:03.000Z",
    cursor: `cursor-${number}`,
    ...changes,
  };
}

export function page(rows: readonly unknown[], more = false, info: Json = {}): Json {
  return { data: { data: rows, pageInfo: { hasNextPage: more, ...info } } };
}

export function sessionUsage(changes: Json = {}): Json {
  return { session_id: "session-123", tokenCount: 30, requestsCount: 2, totalCost: 0.25, ...changes };
}

export function tenantUsage(changes: Json = {}): Json {
  return {
    tenant_id: "AceTech",
    organisation_id: "org",
    tokenCount: 30,
    requestsCount: 2,
    sessionsCount: 1,
    totalCost: 0.25,
    ...changes,
  };
}
