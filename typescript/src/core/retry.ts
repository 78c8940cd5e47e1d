/**
 * The retry policy: whether to try again, and how long to back off before. Pure; the request flow does the waiting.
 *
 * RFC 9110, section 9.2.2, allows to repeat idempotent requests. All operations only read.
 */

import { APIConnectionError, APIStatusError, type NetraError } from "../errors.js";

/** Milliseconds: the longest wait before the first retry. Each further one may wait twice as long. */
const INITIAL_BACKOFF = 500;
/** Milliseconds: the longest wait that the client chooses itself. */
const MAX_BACKOFF = 8_000;
/** Seconds: the longest `Retry-After` that is obeyed; longer ones are left to the caller. */
const MAX_RETRY_AFTER = 60;

const TRANSIENT_STATUSES = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524];

/** Errors after which another attempt would end in the same way, though their kind may pass. */
const finalErrors = /* @__PURE__ */ new WeakSet<NetraError>();

export function markFinal<ErrorT extends NetraError>(error: ErrorT): ErrorT {
  finalErrors.add(error);
  return error;
}

/**
 * The milliseconds to wait before the next attempt; undefined where the error is final. The backoff is exponential with
 * full jitter, and never shorter than the service's `Retry-After`.
 *
 * @param retry number of the retry that would follow, from 1
 * @param timeLeft what the call's deadline leaves, in milliseconds
 */
export function backoffBeforeRetry(
  error: NetraError,
  retry: number,
  maxRetries: number,
  timeLeft: number,
  jitter: () => number,
): number | undefined {
  if (retry > maxRetries || !isTransient(error)) return undefined;
  const retryAfter = (error instanceof APIStatusError && error.retryAfter) || 0;
  if (retryAfter > MAX_RETRY_AFTER) return undefined;
  const chosen = jitter() * Math.min(MAX_BACKOFF, INITIAL_BACKOFF * 2 ** (retry - 1));
  const backoff = Math.max(chosen, retryAfter * 1_000);
  return backoff < timeLeft ? backoff : undefined;
}

function isTransient(error: NetraError): boolean {
  return error instanceof APIStatusError
    ? TRANSIENT_STATUSES.includes(error.statusCode)
    : error instanceof APIConnectionError && !finalErrors.has(error);
}
