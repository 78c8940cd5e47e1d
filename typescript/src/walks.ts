/** Make the iterators: from a checked query, and a function that sends. */

import { checkObject, concurrencyOf, refuseUnknown } from "./core/checks.js";
import { listSpansByTraceId, listTraces } from "./core/operations.js";
import type { Options } from "./core/options.js";
import { inLargePages, type SpansQuery, spansOfTrace, type TracesQuery } from "./core/parameters.js";
import type { AbortSignalLike } from "./core/platform.js";
import { type CallGroup, newCallGroup, type Send } from "./core/request-flow.js";
import { InvalidRequestError } from "./errors.js";
import type { SpansPage, TraceSpan, TraceSummary, TracesPage } from "./models.js";
import { PagedIterator, type PageSource } from "./paged-iterator.js";
import { TracesWithSpans } from "./traces-with-spans.js";

/** A walk over the spans of a trace. */
export type SpansIterator = PagedIterator<TraceSpan, SpansPage>;

/** A walk over traces. */
export class TracesIterator extends PagedIterator<TraceSummary, TracesPage> {
  /** @internal */
  private readonly restart: (concurrency: number) => TracesWithSpans;

  /** @internal */
  constructor(
    source: PageSource<TracesPage, TraceSummary>,
    restart: (concurrency: number) => TracesWithSpans,
  ) {
    super(source);
    this.restart = restart;
  }

  /**
   * The same walk, each trace with all its spans, in order. Call it before the first row.
   *
   * @example
   * ```ts
   * for await (const { trace, spans } of client.usage.iterTraces(window).withSpans()) {
   *   console.log(trace.name, spans.length);
   * }
   * ```
   */
  withSpans(
    options: {
      /** The spans of how many traces are read at a time. Default 8. */
      readonly concurrency?: number | undefined;
    } = {},
  ): TracesWithSpans {
    this.checkNotStarted("withSpans");
    checkObject(options, "{ concurrency: 8 }");
    const { concurrency, ...unknown } = options;
    refuseUnknown(unknown, "option", InvalidRequestError);
    return this.restart(concurrencyOf(concurrency ?? 8));
  }
}

export function iterTraces(send: Send, options: Options, walkQuery: TracesQuery): TracesIterator {
  const query = inLargePages(walkQuery);
  const traces = (group: CallGroup): TracesIterator =>
    new TracesIterator(
      {
        cursor: query.cursor,
        prefetch: options.prefetch,
        signals: options.signals,
        rowsOf: (page) => page.traces,
        fetchPage: (cursor, signal) =>
          send(listTraces(query, cursor, query.limit), endedBy(options, signal), group),
      },
      withSpans,
    );
  const withSpans = (concurrency: number): TracesWithSpans => {
    const group = newCallGroup(); // the calls of the whole walk are one group
    return new TracesWithSpans({
      traces: traces(group),
      concurrency,
      signals: options.signals,
      pageSize: query.limit as number,
      readSpans: async (trace, signal) => {
        const spans: TraceSpan[] = [];
        const pages = spansIterator(
          send,
          endedBy({ ...options, prefetch: false }, signal),
          spansOfTrace(trace.id),
          group,
        );
        for await (const span of pages) spans.push(span);
        return spans;
      },
    });
  };
  return traces(newCallGroup());
}

export function iterSpans(send: Send, options: Options, query: SpansQuery): SpansIterator {
  return spansIterator(send, options, inLargePages(query), newCallGroup());
}

function spansIterator(send: Send, options: Options, query: SpansQuery, group: CallGroup): SpansIterator {
  return new PagedIterator<TraceSpan, SpansPage>({
    cursor: query.cursor,
    prefetch: options.prefetch,
    signals: options.signals,
    rowsOf: (page) => page.spans,
    fetchPage: (cursor, signal) =>
      send(listSpansByTraceId(query, cursor, query.limit), endedBy(options, signal), group),
  });
}

function endedBy(options: Options, signal: AbortSignalLike): Options {
  return { ...options, signals: [...options.signals, signal] };
}
