/** Which page comes next, which rows were emitted, and where to resume. No I/O. */

import { type NetraError, PaginationError } from "../errors.js";
import type { PagePosition } from "../models.js";
import { isUsableCursor } from "./envelopes.js";

/** A row knows where it stands in its list. */
export interface Row {
  /** Where this item stands in the list; asks for what follows it. */
  readonly cursor: string;
}

/** A cursor, and whether it lies exactly behind the last row that was emitted. */
export interface ResumePoint {
  readonly cursor: string | null;
  readonly isExact: boolean;
}

/** Tell in the error where its iteration stands. */
export function attachCursor(error: NetraError, { cursor, isExact }: ResumePoint): void {
  error.cursor = cursor;
  if (!isExact && !error.message.includes("\n"))
    error.message +=
      "\nThe service gave the last rows no cursor of their own. Going on from .cursor gives rows again that were emitted already; the iterator itself goes on exactly.";
}

/** The position of an iteration: what to fetch next, and what was emitted. */
export class IteratorState<RowT extends Row> {
  /** What to ask for the next page with. */
  nextCursor: string | null;
  /** Whether there is no further page. */
  isDone = false;
  private readonly start: string | null;
  /** What the current page was asked for with. */
  private pageCursor: string | null;
  private readonly used = new Set<string | null>();
  private rows: readonly RowT[] = [];
  private place = 0;
  private lastRow: RowT | undefined;

  constructor(cursor: string | null) {
    this.start = cursor;
    this.nextCursor = cursor;
    this.pageCursor = cursor;
  }

  /** Make a fetched page the current one. Refuses a cursor that was used before: nothing of the page is emitted then. */
  accept(rows: readonly RowT[], page: PagePosition): void {
    if (page.hasNextPage) {
      this.used.add(this.nextCursor);
      if (this.used.has(page.nextCursor))
        throw new PaginationError(
          `The page behind cursor ${JSON.stringify(this.nextCursor)} leads to cursor ${JSON.stringify(page.nextCursor)}, which has been used before: following it would repeat rows for ever. No row of this page was emitted.`,
        );
    }
    this.pageCursor = this.nextCursor;
    this.rows = rows;
    this.place = 0;
    this.nextCursor = page.nextCursor;
    this.isDone = !page.hasNextPage;
  }

  /** Emit the next row of the current page; undefined when it has no more. */
  nextRow(): RowT | undefined {
    const row = this.rows[this.place];
    if (row !== undefined) {
      this.place += 1;
      this.lastRow = row;
    }
    return row;
  }

  /** Emit the rest of the current page at once. */
  emitPage(): void {
    this.lastRow = this.rows[this.rows.length - 1] ?? this.lastRow;
    this.place = this.rows.length;
  }

  /** Whether rows are left, or a page is left that may hold some. */
  get mayHaveMore(): boolean {
    return this.place < this.rows.length || !this.isDone;
  }

  /** With this cursor, a later call goes on after the last row emitted here. */
  get resumePoint(): ResumePoint {
    if (!this.lastRow) return { cursor: this.start, isExact: true };
    if (isUsableCursor(this.lastRow.cursor)) return { cursor: this.lastRow.cursor, isExact: true };
    // Without cursors of the rows, it moves on with each page only.
    return this.place < this.rows.length || this.isDone
      ? { cursor: this.pageCursor, isExact: false }
      : { cursor: this.nextCursor, isExact: true };
  }
}
