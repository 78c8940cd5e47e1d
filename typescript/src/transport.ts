/**
 * Where bytes go out and come in: the only module that calls `fetch`.
 *
 * Invariants: an attempt ends when a signal of the caller is aborted, when nothing arrives for `timeout`, or when the
 * call's deadline is over, also where `fetch` does not listen to the signal that it gets; its request is then aborted.
 * What `fetch` throws may hold the key, so only its words are kept, without our secrets.
 */

import { MAX_TIMER } from "./core/clock.js";
import type { Config } from "./core/config.js";
import type { Operation } from "./core/operations.js";
import type { Options } from "./core/options.js";
import { platform, type ResponseLike } from "./core/platform.js";
import { type AttemptLimits, abortError, markTooLarge, requestFlow, type Send } from "./core/request-flow.js";
import { parseResponse, type Received, requestLine } from "./core/responses.js";
import { markFinal } from "./core/retry.js";
import { APIConnectionError, APIResponseValidationError, APITimeoutError, NetraError } from "./errors.js";

interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel?(): Promise<void>;
}

/** Make the function that makes calls. The key stays in its closure. */
export function createTransport(config: Config): Send {
  return requestFlow(config, async (operation, options, limits) =>
    parseResponse(operation, config, await exchange(operation, config, options, limits)),
  );
}

/** Send a request once, and read the whole response. */
async function exchange(
  operation: Operation<unknown>,
  config: Config,
  options: Options,
  limits: AttemptLimits,
): Promise<Received> {
  const { clock } = config;
  const controller = new platform.AbortController();
  let arrived = clock.now();
  let timer: unknown;
  let end: (error: NetraError) => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    end = (error) => {
      reject(error);
      controller.abort();
    };
  });
  ended.catch(() => {}); // where the response was whole first
  const abort = () => end(abortError(requestLine(operation)));
  /** Time-outs are measured on the platform's clock: what a replayed call waits for is real. */
  const watch = () => {
    const left = Math.min(arrived + options.timeout, limits.ends) - clock.now();
    if (left <= 0) end(timeoutError(operation, config, options, limits));
    else timer = platform.setTimeout(watch, Math.min(Math.ceil(left), MAX_TIMER));
  };
  for (const signal of options.signals) signal.addEventListener("abort", abort);
  watch();
  try {
    const response = await Promise.race([
      ended,
      config.fetch(...fetchArguments(operation, config, controller.signal)),
    ]);
    arrived = clock.now();
    if (typeof response.headers?.get !== "function") throw new TypeError("fetch gave no Response");
    const bytes = await readBody(operation, options, response, ended, () => {
      arrived = clock.now();
    });
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      isRedirect: response.type === "opaqueredirect" || response.redirected === true,
    };
  } catch (error) {
    controller.abort();
    throw error instanceof NetraError ? error : connectionError(operation, config, error);
  } finally {
    platform.clearTimeout(timer);
    for (const signal of options.signals) signal.removeEventListener("abort", abort);
  }
}

function fetchArguments(
  { request }: Operation<unknown>,
  config: Config,
  signal: unknown,
): Parameters<Config["fetch"]> {
  const query = request.query?.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
  const body = request.body && JSON.stringify(request.body);
  return [
    `${config.baseUrl}${request.path}${query ? `?${query}` : ""}`,
    {
      method: request.method,
      headers: { ...config.headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { body }),
      redirect: "manual",
      signal,
    },
  ];
}

/** The whole body, of at most `maxResponseBytes`. */
async function readBody(
  operation: Operation<unknown>,
  options: Options,
  response: ResponseLike,
  ended: Promise<never>,
  onChunk: () => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const take = (chunk: Uint8Array) => {
    onChunk();
    chunks.push(chunk);
    size += chunk.length;
    if (size > options.maxResponseBytes)
      throw markTooLarge(
        new APIResponseValidationError(
          `${requestLine(operation)} answered with more than ${options.maxResponseBytes} bytes. Raise maxResponseBytes.`,
        ),
      );
  };
  const stream = response.body as { getReader?: () => Reader } | null | undefined;
  const reader = stream?.getReader?.();
  if (!reader) {
    take(new Uint8Array(await Promise.race([ended, response.arrayBuffer()])));
    return chunks[0] as Uint8Array;
  }
  for (;;) {
    const { done, value } = await Promise.race([ended, reader.read()]);
    if (done) break;
    take(value as Uint8Array);
  }
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const whole = new Uint8Array(size);
  let place = 0;
  for (const chunk of chunks) {
    whole.set(chunk, place);
    place += chunk.length;
  }
  return whole;
}

function timeoutError(
  operation: Operation<unknown>,
  config: Config,
  options: Options,
  limits: AttemptLimits,
): APITimeoutError {
  const which =
    limits.ends - config.clock.now() <= 1
      ? `deadline: ${options.deadline} ms is over, after ${limits.attempt} attempt(s). Try again, or raise deadline.`
      : `timeout: ${options.timeout} ms is over, in attempt ${limits.attempt}. Try again, or raise timeout (in milliseconds) or deadline.`;
  return new APITimeoutError(
    `${requestLine(operation)}: no usable answer from ${config.hostNote} in time. ${which}`,
  );
}

/** Our error for what `fetch` threw instead of giving a response. */
function connectionError(operation: Operation<unknown>, config: Config, thrown: unknown): APIConnectionError {
  const words: string[] = [];
  let isFinal = false;
  for (let error = thrown, depth = 0; error && depth < 5; depth += 1) {
    const { name, code, message, cause } = error as {
      name?: string;
      code?: string;
      message?: string;
      cause?: unknown;
    };
    words.push([name ?? typeof error, code, message].filter(Boolean).join(": "));
    isFinal ||= /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(String(code));
    error = cause;
  }
  const failure = new APIConnectionError(
    config.redactor.redact(
      `${requestLine(operation)}: no usable answer from ${config.hostNote} (${words.join("; ")}). Check ${
        isFinal
          ? "the certificate (NODE_EXTRA_CA_CERTS)"
          : "the endpoint, the network and, in a browser, the CORS settings"
      }.`,
    ),
  );
  return isFinal ? markFinal(failure) : failure;
}
