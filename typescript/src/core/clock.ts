import { type AbortSignalLike, platform } from "./platform.js";

/** The one source of time and chance, so that a recorded call can be replayed with another one. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Milliseconds since 1970, for a `Retry-After` that holds a date. */
  utcNow(): number;
  /** A random number from 0 to 1, by which a backoff is shortened. */
  jitter(): number;
  /** Wait, at most until one of the signals is aborted. */
  sleep(milliseconds: number, signals: readonly AbortSignalLike[]): Promise<void>;
}

export const MAX_TIMER = 2 ** 31 - 1;
/** Milliseconds. A longer timer would fire at once. */

export const SYSTEM_CLOCK: Clock = {
  now: () => platform.performance.now(),
  utcNow: () => Date.now(),
  jitter: () => Math.random(),
  sleep: (milliseconds, signals) =>
    new Promise((resolve) => {
      const end = () => {
        platform.clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = platform.setTimeout(end, Math.min(milliseconds, MAX_TIMER));
      for (const signal of signals) {
        signal.addEventListener("abort", end);
        if (signal.aborted) end();
      }
    }),
};
