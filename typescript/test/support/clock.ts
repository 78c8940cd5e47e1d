import { type Clock, SYSTEM_CLOCK } from "../../src/core/clock.js";

/** The real time, plus what the client has waited between attempts: those waits are noted and over at once. */
export class QuickClock implements Clock {
  /** Milliseconds of each wait, in order. */
  readonly waits: number[] = [];
  private waited = 0;

  /**
   * @param chance what shortens each backoff, from 0 to 1
   * @param today the time of day
   */
  constructor(
    private readonly chance = 1,
    private readonly today = "2026-02-01T00:00:00Z",
  ) {}

  now(): number {
    return SYSTEM_CLOCK.now() + this.waited;
  }

  utcNow(): number {
    return Date.parse(this.today);
  }

  // Not a method: it is handed on by itself.
  readonly jitter = (): number => this.chance;

  async sleep(milliseconds: number): Promise<void> {
    this.waits.push(milliseconds);
    this.waited += milliseconds;
  }
}
