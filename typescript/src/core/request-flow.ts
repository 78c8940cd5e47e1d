/** One call from the first attempt to its result: attempts, backoff, deadline, smaller pages, log lines. */

import { APIStatusError, APIUserAbortError, NetraError, RateLimitError } from "../errors.js";
import type { Config } from "./config.js";
import type { Operation } from "./operations.js";
import type { Options } from "./options.js";
import { requestLine } from "./responses.js";
import { backoffBeforeRetry } from "./retry.js";

/** The limits of one attempt. */
export interface AttemptLimits {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** When the call ends, on the clock. */
  readonly ends: number;
}

/** Sends the request of an operation once. */
export type Attempt = <Result>(
  operation: Operation<Result>,
  options: Options,
  limits: AttemptLimits,
) => Promise<Result>;

/** Makes a call: as many attempts as it takes. */
export type Send = <Result>(
  operation: Operation<Result>,
  options: Options,
  group?: CallGroup,
) => Promise<Result>;

/** Shared by the calls of one iterator: a 429 pauses all of them, and a page that was too large makes all smaller. */
export interface CallGroup {
  /** No call of the group begins an attempt before this time, on the clock. */
  pausedUntil: number;
  /** For each operation whose pages were too large: how many rows fit. */
  readonly maxRows: Map<string, number>;
}

export function newCallGroup(): CallGroup {
  return { pausedUntil: 0, maxRows: new Map() };
}

/** Pages whose body was larger than `maxResponseBytes`: a smaller one may be read instead. */
const tooLarge = /* @__PURE__ */ new WeakSet<NetraError>();

export function markTooLarge<ErrorT extends NetraError>(error: ErrorT): ErrorT {
  tooLarge.add(error);
  return error;
}

/** What ends where one of the caller's signals was aborted. */
export function abortError(what: string): APIUserAbortError {
  return new APIUserAbortError(`${what}: your AbortSignal ended it.`);
}

/** Whether the caller wants no more of this. */
export function isAborted(signals: Options["signals"]): boolean {
  return signals.some((signal) => signal.aborted);
}

export function requestFlow(config: Config, attempt: Attempt): Send {
  const { clock } = config;
  return async (operation, options, group = newCallGroup()) => {
    const ends = clock.now() + options.deadline;
    const wait = async (milliseconds: number) => {
      if (milliseconds > 0) await clock.sleep(milliseconds, options.signals);
    };
    for (let number = 1, retries = 0; ; number += 1) {
      await wait(Math.min(group.pausedUntil - clock.now(), ends - clock.now()));
      if (isAborted(options.signals)) {
        const error = abortError(requestLine(operation));
        error.attempts = number - 1;
        throw error;
      }
      const began = clock.now();
      const limited = limitPage(operation, group);
      let backoff: number | undefined;
      try {
        const result = await attempt(limited, options, { attempt: number, ends });
        log(operation, "ok", number, began);
        return result;
      } catch (error) {
        if (!(error instanceof NetraError)) throw error;
        error.attempts = number;
        if (tooLarge.has(error) && halvePages(limited, group)) {
          log(operation, "too large, asked for in smaller pages", number, began);
          continue;
        }
        retries += 1;
        backoff = backoffBeforeRetry(error, retries, options.maxRetries, ends - clock.now(), clock.jitter);
        log(
          operation,
          error instanceof APIStatusError ? error.statusCode : error.name,
          number,
          began,
          backoff,
        );
        if (backoff === undefined) throw error;
        if (error instanceof RateLimitError) {
          group.pausedUntil = Math.max(group.pausedUntil, clock.now() + backoff); // for the other calls, too
          continue;
        }
      }
      await wait(backoff);
    }
  };

  function log(
    operation: Operation<unknown>,
    outcome: unknown,
    number: number,
    began: number,
    backoff?: number,
  ) {
    const then = backoff === undefined ? "" : `, next attempt in ${Math.round(backoff)} ms`;
    const took = Math.round(clock.now() - began);
    config.log("debug", `${requestLine(operation)}: ${outcome}, attempt ${number}, ${took} ms${then}`);
  }
}

/** The operation with a page no larger than those that fit into `maxResponseBytes`. */
function limitPage<Result>(operation: Operation<Result>, group: CallGroup): Operation<Result> {
  const fitting = group.maxRows.get(operation.request.name) ?? Infinity;
  return (operation.limit ?? 0) > fitting ? (operation.withLimit?.(fitting) ?? operation) : operation;
}

/** Ask for smaller pages from now on. False if the operation's page cannot be smaller. */
function halvePages(operation: Operation<unknown>, group: CallGroup): boolean {
  const { name } = operation.request;
  if (!operation.withLimit || !operation.limit || operation.limit <= 1) return false;
  const half = Math.floor(operation.limit / 2);
  group.maxRows.set(name, Math.min(half, group.maxRows.get(name) ?? half));
  return true;
}
