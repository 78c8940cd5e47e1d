/** Rows out of pages, one page ahead of the consumer. */

import { attachCursor, IteratorState, type ResumePoint, type Row } from "./core/pagination.js";
import { type AbortSignalLike, platform } from "./core/platform.js";
import { abortError, isAborted } from "./core/request-flow.js";
import { InvalidRequestError, NetraError } from "./errors.js";
import type { PagePosition } from "./models.js";

/** How the pages of a walk are fetched, and which rows they hold. */
export interface PageSource<PageT extends PagePosition, RowT> {
  readonly cursor: string | null;
  /** Whether to ask for the next page while the rows of this one are used. */
  readonly prefetch: boolean;
  /** The caller's. */
  readonly signals: readonly AbortSignalLike[];
  readonly rowsOf: (page: PageT) => readonly RowT[];
  /** The signal is aborted when nobody wants the page any more. */
  readonly fetchPage: (cursor: string | null, signal: AbortSignalLike) => Promise<PageT>;
}

/**
 * Does one thing after the other: calls of `next()` that overlap share out the rows. A call that fails does not end it:
 * the next one tries again.
 */
export abstract class Walk<Item> implements AsyncIterableIterator<Item> {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  /** Each of them ends the walk: no row comes after it, also none that has arrived. */
  /** @internal */
  protected readonly signals: readonly AbortSignalLike[];

  /** @internal */
  constructor(signals: readonly AbortSignalLike[]) {
    this.signals = signals;
  }

  /** The resume point: pass it as `cursor` to a later call, which goes on after the last row emitted here. */
  get cursor(): string | null {
    return this.resumePoint.cursor;
  }

  /** @internal */
  abstract get resumePoint(): ResumePoint;

  /** The next item; undefined at the end. @internal */
  protected abstract take(): Promise<Item | undefined>;

  /** The next item, where it is there already. @internal */
  protected takeNow(): Item | undefined {
    return undefined;
  }

  /** The next row. After an error, another call tries again; `done` comes only where the service says so. */
  next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.waiting === 0 && !isAborted(this.signals) ? this.takeNow() : undefined;
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    this.waiting += 1;
    const result = this.last.then(async (): Promise<IteratorResult<Item, undefined>> => {
      try {
        if (isAborted(this.signals)) {
          const error = abortError("The walk");
          attachCursor(error, this.resumePoint);
          throw error;
        }
        const value: Item | undefined = await this.take();
        return value === undefined ? { done: true, value: undefined } : { done: false, value };
      } finally {
        this.waiting -= 1;
      }
    });
    this.last = result.catch(() => {});
    return result;
  }

  /** Called when a loop is left early. Ends what is read ahead; a later loop goes on with exactly the missing rows. */
  async return(): Promise<IteratorResult<Item, undefined>> {
    this.stop();
    return { done: true, value: undefined };
  }

  /** End what is read ahead. @internal */
  protected abstract stop(): void;

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A walk that is read row by row, or page by page, but not both: a page is emitted whole. */
export abstract class RowWalk<RowT, PageT> extends Walk<RowT> {
  /** What the walk has emitted. @internal */
  protected started: "rows" | "pages" | undefined;
  /** One for all: it does one thing after the other. */
  private pageIterator: PageIterator<PageT> | undefined;

  /**
   * The same walk, page by page. Call it before the first row: a page is emitted whole.
   *
   * @example
   * ```ts
   * for await (const page of client.usage.iterTraces(window).pages()) await store(page.traces);
   * ```
   */
  pages(): PageIterator<PageT> {
    this.checkNotStarted("pages");
    this.pageIterator ??= new PageIterator(
      () => this.resumePoint,
      () => this.takePage(),
      () => this.stop(),
      this.signals,
    );
    return this.pageIterator;
  }

  /** @internal */
  protected checkNotStarted(method: string): void {
    if (this.started !== undefined && this.started !== method)
      throw new InvalidRequestError(
        method === "rows"
          ? "This walk is read in pages: go on with its pages, or begin a new walk from .cursor."
          : `${method}() must be called before the first row is read.`,
      );
  }

  /** @internal */
  protected startAs(method: "rows" | "pages"): void {
    this.checkNotStarted(method);
    this.started = method;
  }

  /** The next page; undefined at the end. @internal */
  protected abstract takePage(): Promise<PageT | undefined>;
}

/** A walk over rows that arrive in pages. */
export class PagedIterator<RowT extends Row, PageT extends PagePosition> extends RowWalk<RowT, PageT> {
  private readonly state: IteratorState<RowT>;
  private readonly source: PageSource<PageT, RowT>;
  private prefetched: { readonly page: Promise<PageT>; cancel(): void } | undefined;
  private page: PageT | undefined;

  /** @internal */
  constructor(source: PageSource<PageT, RowT>) {
    super(source.signals);
    this.source = source;
    this.state = new IteratorState<RowT>(source.cursor);
  }

  /** @internal */
  override get resumePoint(): ResumePoint {
    return this.state.resumePoint;
  }

  /** @internal */
  get mayHaveMore(): boolean {
    return this.state.mayHaveMore;
  }

  /** @internal */
  protected override takeNow(): RowT | undefined {
    return this.started === "pages" ? undefined : this.state.nextRow();
  }

  /** @internal */
  protected override async take(): Promise<RowT | undefined> {
    this.startAs("rows");
    for (;;) {
      const row = this.state.nextRow();
      if (row !== undefined || this.state.isDone) return row;
      await this.fetchPage();
    }
  }

  /** @internal */
  protected override async takePage(): Promise<PageT | undefined> {
    this.startAs("pages");
    if (this.state.isDone) return undefined;
    await this.fetchPage();
    this.state.emitPage();
    return this.page;
  }

  private async fetchPage(): Promise<void> {
    const { prefetched } = this;
    this.prefetched = undefined;
    try {
      const page = await (prefetched ?? this.ask()).page;
      this.state.accept(this.source.rowsOf(page), page);
      this.page = page;
    } catch (error) {
      if (error instanceof NetraError) attachCursor(error, this.resumePoint);
      throw error;
    }
    if (this.source.prefetch && !this.state.isDone) {
      this.prefetched = this.ask();
      this.prefetched.page.catch(() => {}); // it is thrown when its rows are wanted
    }
  }

  private ask() {
    const controller = new platform.AbortController();
    return {
      page: this.source.fetchPage(this.state.nextCursor, controller.signal),
      cancel: () => controller.abort(),
    };
  }

  /** @internal */
  protected override stop(): void {
    this.prefetched?.cancel();
    this.prefetched = undefined;
  }
}

/** A walk, page by page. */
export class PageIterator<PageT> extends Walk<PageT> {
  /** @internal */
  constructor(
    private readonly whereItStands: () => ResumePoint,
    /** @internal */
    protected override readonly take: () => Promise<PageT | undefined>,
    /** @internal */
    protected override readonly stop: () => void,
    signals: readonly AbortSignalLike[],
  ) {
    super(signals);
  }

  /** @internal */
  override get resumePoint(): ResumePoint {
    return this.whereItStands();
  }
}
