/** The methods of the API. */

import * as operations from "./core/operations.js";
import { type CallOptions, changed, type Options } from "./core/options.js";
import {
  type ListSpansParams,
  type ListTracesParams,
  spansQuery,
  tracesQuery,
  usageQuery,
} from "./core/parameters.js";
import type { Send } from "./core/request-flow.js";
import type { Timestamp } from "./core/timestamps.js";
import type { SessionUsageData, SpansPage, TenantUsageData, TracesPage } from "./models.js";
import { iterSpans, iterTraces, type SpansIterator, type TracesIterator } from "./walks.js";

/**
 * Queries usage, traces and spans. Costs are US dollars, token counts are integers, latencies are milliseconds, times
 * are UTC.
 *
 * All methods throw a `NetraError`: `InvalidRequestError` for arguments that make no sense, before anything is sent;
 * `APIStatusError`, `APIConnectionError` or `APIResponseValidationError` for what came, or did not; `APIUserAbortError`
 * when your signal ended the call.
 */
export class Usage {
  private readonly send: Send;
  private readonly options: Options;

  /** @internal */
  constructor(send: Send, options: Options) {
    this.send = send;
    this.options = options;
  }

  /**
   * What a session used in a time window: tokens, requests and cost. Null where the window holds no such session.
   *
   * From `getSessionUsage` of the contract.
   *
   * @example
   * ```ts
   * const usage = await client.usage.getSessionUsage("session-123", "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.999Z");
   * if (usage) console.log(usage.tokenCount, usage.totalCost);
   * ```
   */
  async getSessionUsage(
    sessionId: string,
    startTime: Timestamp,
    endTime: Timestamp,
    options?: CallOptions,
  ): Promise<SessionUsageData | null> {
    const query = usageQuery(sessionId, "sessionId", startTime, endTime);
    return this.send(operations.getSessionUsage(query), changed(this.options, options));
  }

  /**
   * What a tenant used in a time window, over all its sessions. Null where the window holds no such tenant.
   *
   * From `getTenantUsage` of the contract.
   *
   * @example
   * ```ts
   * const usage = await client.usage.getTenantUsage("AceTech", "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.999Z");
   * if (usage) console.log(usage.sessionCount, usage.totalCost);
   * ```
   */
  async getTenantUsage(
    tenantId: string,
    startTime: Timestamp,
    endTime: Timestamp,
    options?: CallOptions,
  ): Promise<TenantUsageData | null> {
    const query = usageQuery(tenantId, "tenantId", startTime, endTime);
    return this.send(operations.getTenantUsage(query), changed(this.options, options));
  }

  /**
   * One page of the traces that start in a time window.
   *
   * From `listTraces` of the contract.
   *
   * @example
   * ```ts
   * const page = await client.usage.listTraces({ startTime, endTime, tenantId: "AceTech", limit: 10 });
   * for (const trace of page.traces) console.log(trace.id, trace.totalCost);
   * ```
   */
  async listTraces(params: ListTracesParams, options?: CallOptions): Promise<TracesPage> {
    const query = tracesQuery(params);
    return this.send(operations.listTraces(query, query.cursor, query.limit), changed(this.options, options));
  }

  /**
   * All traces that start in a time window, page after page. `.cursor` is the resume point, `.pages()` gives whole
   * pages, `.withSpans()` each trace with its spans.
   *
   * From `listTraces` of the contract.
   *
   * @example
   * ```ts
   * for await (const trace of client.usage.iterTraces({ startTime, endTime })) console.log(trace.id, trace.totalCost);
   * ```
   */
  iterTraces(params: ListTracesParams, options?: CallOptions): TracesIterator {
    return iterTraces(this.send, changed(this.options, options), tracesQuery(params));
  }

  /**
   * One page of the spans of a trace, in the order of their start.
   *
   * From `listSpansByTraceId` of the contract.
   *
   * @example
   * ```ts
   * const page = await client.usage.listSpansByTraceId({ traceId, spanName: "openai.chat" });
   * for (const span of page.spans) console.log(span.name, span.latencyMs);
   * ```
   */
  async listSpansByTraceId(params: ListSpansParams, options?: CallOptions): Promise<SpansPage> {
    const query = spansQuery(params);
    return this.send(
      operations.listSpansByTraceId(query, query.cursor, query.limit),
      changed(this.options, options),
    );
  }

  /**
   * All spans of a trace, page after page, in the order of their start.
   *
   * From `listSpansByTraceId` of the contract.
   *
   * @example
   * ```ts
   * for await (const span of client.usage.iterSpansByTraceId({ traceId })) console.log(span.name, span.kind);
   * ```
   */
  iterSpansByTraceId(params: ListSpansParams, options?: CallOptions): SpansIterator {
    return iterSpans(this.send, changed(this.options, options), spansQuery(params));
  }
}
