// Without DOM types and without those of Node: a program gets along with ES2020.
import {
  type CallOptions,
  type ClientOptions,
  fields,
  fieldsOf,
  type ListSpansParams,
  type ListTracesParams,
  Netra,
  NetraError,
  parseTime,
  RateLimitError,
  type SessionUsageData,
  type SpansIterator,
  type TenantUsageData,
  type Timestamp,
  type TraceSpan,
  type TraceSummary,
  type TracesIterator,
  type TracesPage,
  type TracesWithSpans,
  type Usage,
} from "netra-sdk-js";

const options: ClientOptions = { endpoint: "http://127.0.0.1:8765", timeout: 5_000, maxRetries: 0 };
const call: CallOptions = { deadline: 1_000, prefetch: false };
const start: Timestamp = new Date(0);
const window: ListTracesParams = {
  startTime: start,
  endTime: "2026-01-31T23:59:59.999Z",
  tenantId: undefined,
  filters: [fields.totalCost.gt(0.5), fields.hasError, fields.metadata("plan").eq("pro")],
};
const ofTrace: ListSpansParams = { traceId: "t", spanName: null };

export async function use(client: Netra): Promise<string> {
  const usage: Usage = client.usage;
  const session: SessionUsageData | null = await usage.getSessionUsage("s", start, start, call);
  const tenant: TenantUsageData | null = await usage.getTenantUsage("t", start, start);
  const page: TracesPage = await usage.listTraces(window);
  const traces: TracesIterator = usage.iterTraces(window, call);
  const spans: SpansIterator = usage.iterSpansByTraceId(ofTrace);
  const rows: string[] = [];
  for await (const trace of traces) rows.push(name(trace));
  for await (const span of spans) rows.push(name(span), String(parseTime(span.startTimeMs)?.getTime()));
  const both: TracesWithSpans = usage.iterTraces(window).withSpans({ concurrency: 4 });
  for await (const { trace, spans } of both) rows.push(trace.name, ...spans.map((span) => span.kind));
  for await (const { traces } of usage.iterTraces(window).pages()) rows.push(...traces.map(name));
  // @ts-expect-error A usage may be null.
  rows.push(session.sessionId);
  // @ts-expect-error A total cannot be compared with text.
  fields.totalCost.gt("0.5");
  // @ts-expect-error A misspelt filter is no filter.
  usage.iterTraces({ ...window, tenant: "AceTech" });
  // @ts-expect-error A result is read only.
  page.hasNextPage = false;
  return [...rows, tenant?.organisationId, page.nextCursor].join();
}

function name(row: TraceSummary | TraceSpan): string {
  return row.name + String(fieldsOf(row)["new_field"]);
}

export async function resume(): Promise<string | null> {
  try {
    await use(new Netra(options));
  } catch (error) {
    if (error instanceof RateLimitError) return `${error.retryAfter} ${error.statusCode} ${error.requestId}`;
    if (error instanceof NetraError) return error.cursor;
    throw error;
  }
  return null;
}
