import { ConfigurationError } from "../errors.js";
import { refuseUnknown, shown } from "./checks.js";
import type { AbortSignalLike } from "./platform.js";

/** The limits of a call. They have defaults for the client, and can be changed for single calls. */
export interface Limits {
  /**
   * MILLISECONDS that may pass in one attempt without anything arriving: until the response begins, and between two
   * parts of it. (The variable `NETRA_USAGE_TIMEOUT` is in seconds.) Default 10,000.
   */
  readonly timeout?: number | undefined;
  /** MILLISECONDS that a whole call may take, waits and retries included; `Infinity` for no limit. Default 300,000. */
  readonly deadline?: number | undefined;
  /** How often a call is tried again after a failure that may pass. Default 4; 0 switches it off. */
  readonly maxRetries?: number | undefined;
  /** The largest response that is read, decoded, in bytes. Default 100,000,000. */
  readonly maxResponseBytes?: number | undefined;
  /** Whether iterators ask for the next page while you work on the rows of this one. Default true. */
  readonly prefetch?: boolean | undefined;
}

/** What can be set for a single call: its limits, and a signal that ends it. */
export interface CallOptions extends Limits {
  /** Ends the call, or the iteration, with an `APIUserAbortError`. */
  readonly signal?: AbortSignalLike | null | undefined;
}

/** Checked options of one call. */
export interface Options {
  readonly timeout: number;
  readonly deadline: number;
  readonly maxRetries: number;
  readonly maxResponseBytes: number;
  readonly prefetch: boolean;
  /** Each of them ends the call. */
  readonly signals: readonly AbortSignalLike[];
}

export const DEFAULT_OPTIONS: Options = {
  timeout: 10_000,
  deadline: 300_000,
  maxRetries: 4,
  maxResponseBytes: 100_000_000,
  prefetch: true,
  signals: [],
};

/** The same options with those that are given replaced. Refuses values that make no sense. */
export function changed(options: Options, changes: CallOptions | undefined): Options {
  if (changes === undefined) return options;
  if (typeof changes !== "object" || changes === null)
    throw new ConfigurationError("The options of a call are an object, such as { timeout: 5_000 }.");
  const { timeout, deadline, maxRetries, maxResponseBytes, prefetch, signal, ...unknown } = changes;
  refuseUnknown(unknown, "option", ConfigurationError);
  if (timeout !== undefined) checkMilliseconds(timeout, "timeout");
  if (deadline !== undefined && deadline !== Infinity) checkMilliseconds(deadline, "deadline");
  if (maxRetries !== undefined) checkCount(maxRetries, "maxRetries", 0);
  if (maxResponseBytes !== undefined) checkCount(maxResponseBytes, "maxResponseBytes", 1);
  if (prefetch !== undefined && typeof prefetch !== "boolean")
    throw new ConfigurationError(`prefetch: ${shown(prefetch)} must be true or false.`);
  if (signal && typeof signal.addEventListener !== "function")
    throw new ConfigurationError("signal must be an AbortSignal: give controller.signal.");
  return {
    timeout: timeout ?? options.timeout,
    deadline: deadline ?? options.deadline,
    maxRetries: maxRetries ?? options.maxRetries,
    maxResponseBytes: maxResponseBytes ?? options.maxResponseBytes,
    prefetch: prefetch ?? options.prefetch,
    signals: signal ? [...options.signals, signal] : options.signals,
  };
}

export function checkMilliseconds(value: unknown, source: string): void {
  if (typeof value !== "number" || !(value > 0 && value < Infinity))
    throw new ConfigurationError(`${source}: ${shown(value)} must be a number of milliseconds above 0.`);
}

function checkCount(value: unknown, source: string, minimum: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < minimum)
    throw new ConfigurationError(`${source}: ${shown(value)} must be an integer from ${minimum}.`);
}
