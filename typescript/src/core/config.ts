/** How a client is set up: option, then `NETRA_*`, then `OTEL_*`, then default. */

import { version } from "../../package.json";
import { ConfigurationError } from "../errors.js";
import { refuseUnknown } from "./checks.js";
import { type Clock, SYSTEM_CLOCK } from "./clock.js";
import { baseUrlOf, DEFAULT_ENDPOINT } from "./endpoint.js";
import { API_KEY_HEADER, type HeadersOption, readHeaders } from "./headers.js";
import { changed, checkMilliseconds, DEFAULT_OPTIONS, type Limits, type Options } from "./options.js";
import {
  environmentVariable,
  type FetchInit,
  type FetchLike,
  isBrowser,
  type Logger,
  platform,
} from "./platform.js";
import { type Redactor, redactorOf } from "./redaction.js";

/** What a client is set up with. What is left out is looked up in the environment, where there is one. */
export interface ClientOptions extends Limits {
  /** The API key. Else `x-api-key` in `headers`, then `NETRA_API_KEY`. Sent to the endpoint only. */
  readonly apiKey?: string | undefined;
  /**
   * The telemetry endpoint or the API's base URL. Else `NETRA_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT`, then the
   * hosted service.
   */
  readonly endpoint?: string | undefined;
  /** Your program's name, for the `User-Agent` (not sent by browsers). Else `NETRA_APP_NAME`, `OTEL_SERVICE_NAME`. */
  readonly appName?: string | undefined;
  /**
   * Headers of every request: an object, or text like `"x-api-key=…,name=value"` with percent-encoded values. Else
   * `NETRA_HEADERS`.
   */
  readonly headers?: HeadersOption | undefined;
  /** Names of more headers whose values no error may show, should the service echo them. */
  readonly secretHeaders?: readonly string[] | undefined;
  /** What to send with, in place of the global `fetch`. Must not follow redirects when told `redirect: "manual"`. */
  readonly fetch?: FetchLike | undefined;
  /** Where log lines go: one `debug` line for each attempt, and warnings. Default: warnings to `console`. */
  readonly logger?: Logger | undefined;
  /** Allow the hosted service and a key in a browser, where every visitor can read the key. Default false. */
  readonly dangerouslyAllowBrowser?: boolean | undefined;
  /** @internal */
  readonly clock?: Clock | undefined;
}

/** A checked setup. It holds the key: it stays in closures, where no inspection shows it. */
export interface Config {
  readonly baseUrl: string;
  /** The base URL for messages, with the variable that it comes from: that may name a collector instead. */
  readonly hostNote: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: Options;
  readonly redactor: Redactor;
  readonly fetch: FetchLike;
  /** Never throws: a broken logger must not cost a result. */
  readonly log: (level: keyof Logger, message: string) => void;
  readonly clock: Clock;
}

/** Check the options, and ask the environment for those that are left out. */
export function readConfig(options: ClientOptions): Config {
  if (typeof options !== "object" || options === null)
    throw new ConfigurationError("The client needs an object of options, such as { apiKey: ... }.");
  const {
    apiKey, endpoint, appName, headers, secretHeaders, fetch, logger, dangerouslyAllowBrowser, clock,
    timeout, deadline, maxRetries, maxResponseBytes, prefetch, ...unknown
  } = options; // biome-ignore format: names in groups
  refuseUnknown(unknown, "option", ConfigurationError);
  const [address, source] = firstOf(
    endpoint,
    "endpoint",
    "NETRA_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
  );
  const [app] = firstOf(appName, "appName", "NETRA_APP_NAME", "OTEL_SERVICE_NAME");
  const baseUrl = baseUrlOf(address ?? DEFAULT_ENDPOINT, source);
  const sent = readHeaders(headers, apiKey);
  if (baseUrl.isHosted) {
    if (!sent[API_KEY_HEADER])
      throw new ConfigurationError(
        `${baseUrl.text} needs an API key: set NETRA_API_KEY, or pass { apiKey: "..." }.`,
      );
    if (isBrowser() && dangerouslyAllowBrowser !== true)
      throw new ConfigurationError(
        "In a browser every visitor can read the API key: call your own server instead, or pass { dangerouslyAllowBrowser: true }.",
      );
  }
  if (typeof (fetch ?? platform.fetch) !== "function")
    throw new ConfigurationError("fetch must be a function; pass one where the platform has none.");
  const named = typeof secretHeaders === "string" ? [secretHeaders] : (secretHeaders ?? []);
  if (!Array.isArray(named)) throw new ConfigurationError("secretHeaders must be an array of names.");
  const redactor = redactorOf(
    sent,
    named.map((name) => String(name).toLowerCase()),
  );
  // A browser sends its own; some would ask the server whether ours is allowed.
  if (!isBrowser()) sent["user-agent"] ??= userAgent(app);
  const config = {
    baseUrl: baseUrl.text,
    hostNote: /[a-z]/.test(source) ? baseUrl.text : `${baseUrl.text}, which ${source} names`,
    headers: sent,
    options: changed(defaults(), { timeout, deadline, maxRetries, maxResponseBytes, prefetch }),
    redactor,
    // Looked up for each call, so that what instruments or replaces the global one is met; and called as a plain
    // function, because browsers refuse their fetch as a method of another object.
    fetch: (url: string, init: FetchInit) => {
      const send = fetch ?? (platform.fetch as FetchLike);
      return send(url, init);
    },
    log(level: keyof Logger, message: string) {
      try {
        if (logger) logger[level](message);
        else if (level === "warn") platform.console.warn(message);
      } catch {
        // its own affair
      }
    },
    clock: clock ?? SYSTEM_CLOCK,
  };
  if (baseUrl.isExposed)
    config.log(
      "warn",
      `${baseUrl.text} is not encrypted: the API key and all data can be read on the way. Use https.`,
    );
  return config;
}

/** The option or the first variable that is set, and the name of where it was found. */
function firstOf(option: unknown, name: string, ...variables: string[]): [string | undefined, string] {
  if (option !== undefined && option !== null) {
    if (typeof option !== "string")
      throw new ConfigurationError(`${name} must be a string, not ${typeof option}.`);
    return [option, name];
  }
  for (const variable of variables) {
    const value = environmentVariable(variable);
    if (value !== undefined) return [value, variable];
  }
  return [undefined, name];
}

function defaults(): Options {
  const seconds = environmentVariable("NETRA_USAGE_TIMEOUT");
  if (seconds === undefined) return DEFAULT_OPTIONS;
  const timeout = Number(seconds) * 1_000;
  checkMilliseconds(timeout, `NETRA_USAGE_TIMEOUT (in seconds): ${seconds}`);
  return { ...DEFAULT_OPTIONS, timeout };
}

function userAgent(app: string | undefined): string {
  const agent = `netra-sdk-js/${version}`;
  // Lone halves of characters cannot be encoded; a name in a header is not worth an error.
  return app ? `${agent} (${encodeURI(app.replace(/\p{Cs}/gu, "?"))})` : agent;
}
