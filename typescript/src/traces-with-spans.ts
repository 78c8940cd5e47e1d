/** Traces with all their spans, read with bounded concurrency and emitted in order. */

import { attachCursor, type ResumePoint } from "./core/pagination.js";
import { type AbortSignalLike, platform } from "./core/platform.js";
import { NetraError } from "./errors.js";
import type { TraceSpan, TraceSummary, TracesWithSpansPage, TraceWithSpans } from "./models.js";
import { RowWalk } from "./paged-iterator.js";

/** The walk over traces that the spans belong to. */
export interface TracesSource {
  next(): Promise<IteratorResult<TraceSummary, undefined>>;
  return(): Promise<unknown>;
  readonly resumePoint: ResumePoint;
  readonly mayHaveMore: boolean;
}

/** How a walk over traces with their spans reads. */
export interface TracesWithSpansPlan {
  readonly traces: TracesSource;
  readonly concurrency: number;
  /** The caller's. */
  readonly signals: readonly AbortSignalLike[];
  /** Most traces on a page of `pages()`. */
  readonly pageSize: number;
  readonly readSpans: (trace: TraceSummary, signal: AbortSignalLike) => Promise<readonly TraceSpan[]>;
}

/** A trace in the queue, and the resume point after it. */
interface Pending {
  readonly trace: TraceSummary;
  readonly resumePoint: ResumePoint;
  /** Its spans; undefined when they must be read again. */
  spans: Promise<readonly TraceSpan[]> | undefined;
}

/**
 * Traces with their spans, in order. A trace leaves the queue only when it is emitted, so that an error loses none: the
 * next call reads its spans again.
 */
export class TracesWithSpans extends RowWalk<TraceWithSpans, TracesWithSpansPage> {
  private readonly plan: TracesWithSpansPlan;
  private readonly queue: Pending[] = [];
  private controller = new platform.AbortController();
  /** Of the list of traces: it is thrown when all traces before it were emitted. */
  private listError: unknown;
  private emitted: ResumePoint;
  /** The page that is being filled, for `pages()`. */
  private batch: TraceWithSpans[] = [];

  /** @internal */
  constructor(plan: TracesWithSpansPlan) {
    super(plan.signals);
    this.plan = plan;
    this.emitted = plan.traces.resumePoint;
  }

  /** @internal */
  override get resumePoint(): ResumePoint {
    return this.emitted;
  }

  /** @internal */
  protected override async take(): Promise<TraceWithSpans | undefined> {
    this.startAs("rows");
    const row = await this.takeHead();
    if (row) this.emitted = row.resumePoint;
    return row?.item;
  }

  /** @internal */
  protected override async takePage(): Promise<TracesWithSpansPage | undefined> {
    this.startAs("pages");
    let last = this.emitted;
    while (this.batch.length < this.plan.pageSize) {
      try {
        const row = await this.takeHead();
        if (!row) break;
        this.batch.push(row.item);
        last = row.resumePoint;
      } catch (error) {
        if (!this.batch.length) throw error;
        break; // emit what came before; the next page meets the error again
      }
    }
    if (!this.batch.length) return undefined;
    const traces = this.batch;
    this.batch = [];
    this.emitted = last;
    const hasNextPage = this.queue.length > 0 || this.listError !== undefined || this.plan.traces.mayHaveMore;
    return { traces, hasNextPage, nextCursor: hasNextPage ? last.cursor : null };
  }

  /** Take the first trace out of the queue, with its spans. */
  private async takeHead(): Promise<{ item: TraceWithSpans; resumePoint: ResumePoint } | undefined> {
    await this.readAhead();
    const head = this.queue[0];
    if (!head) {
      const error = this.listError;
      this.listError = undefined;
      if (error === undefined) return undefined;
      if (error instanceof NetraError) error.cursor = this.emitted.cursor;
      throw error;
    }
    head.spans ??= this.readSpans(head.trace);
    try {
      const item = { trace: head.trace, spans: await head.spans };
      this.queue.shift();
      return { item, resumePoint: head.resumePoint };
    } catch (error) {
      head.spans = undefined;
      if (error instanceof NetraError) attachCursor(error, this.emitted);
      throw error;
    }
  }

  /** Fill the queue. An empty one always asks for the next trace, so that it cannot be taken for the end. */
  private async readAhead(): Promise<void> {
    const { traces, concurrency } = this.plan;
    while (this.queue.length < concurrency && this.listError === undefined) {
      try {
        const { value: trace } = await traces.next();
        if (trace === undefined) return;
        this.queue.push({ trace, resumePoint: traces.resumePoint, spans: this.readSpans(trace) });
      } catch (error) {
        this.listError = error;
      }
    }
  }

  private readSpans(trace: TraceSummary): Promise<readonly TraceSpan[]> {
    const spans = this.plan.readSpans(trace, this.controller.signal);
    spans.catch(() => {}); // it is thrown when the trace's turn comes
    return spans;
  }

  /** @internal */
  protected override stop(): void {
    this.controller.abort();
    this.controller = new platform.AbortController();
    for (const pending of this.queue) pending.spans = undefined;
    void this.plan.traces.return();
  }
}
