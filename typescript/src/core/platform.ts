/**
 * What this package needs of the platform, as structural types: programs without DOM types and without
 * `@types/node` can use the package, and any object of the right form will do.
 */

/** An `AbortSignal`. */
export interface AbortSignalLike {
  /** Whether it was aborted already. */
  readonly aborted: boolean;
  /** Be told when it is aborted. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Be told no more. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A `Headers` object. */
export interface HeadersLike {
  /** The value of a header, whatever the case of its name; null where there is none. */
  get(name: string): string | null;
}

/** A `Response` of `fetch`. */
export interface ResponseLike {
  /** The HTTP status. */
  readonly status: number;
  /** Its headers. */
  readonly headers: HeadersLike;
  /** `"opaqueredirect"` where a browser hides a redirect. */
  readonly type?: string;
  /** Whether a redirect was followed: the answer is refused then. */
  readonly redirected?: boolean;
  /** A `ReadableStream` of bytes: it is read part by part, within `maxResponseBytes`. */
  readonly body?: unknown;
  /** The whole body, where there is no stream. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The arguments that `fetch` gets. */
export interface FetchInit {
  /** GET or POST. */
  readonly method: string;
  /** All headers, the API key among them. */
  readonly headers: Record<string, string>;
  /** JSON text; GET has none. */
  readonly body?: string;
  /** A redirect must not be followed: that would show the API key to another address. */
  readonly redirect: "manual";
  /** An `AbortSignal` that ends the request. */
  // biome-ignore lint/suspicious/noExplicitAny: the platform's AbortSignal, which has another type on each platform
  readonly signal: any;
}

/** A function like `fetch`. */
export type FetchLike = (url: string, init: FetchInit) => Promise<ResponseLike>;

/** Where log lines go. `console` is one. */
export interface Logger {
  /** One line for each attempt. */
  debug(message: string): void;
  /** What you should know, such as a key that travels without encryption. */
  warn(message: string): void;
}

interface Controller {
  readonly signal: AbortSignalLike;
  abort(): void;
}

interface Platform {
  readonly fetch?: FetchLike;
  readonly document?: unknown;
  readonly importScripts?: unknown;
  readonly process?: { readonly env?: Record<string, string | undefined> };
  readonly console: Logger;
  readonly AbortController: new () => Controller;
  readonly TextDecoder: new (
    encoding: string,
    options: { fatal: boolean },
  ) => { decode(bytes: Uint8Array): string };
  readonly URL: new (
    text: string,
  ) => { readonly protocol: string; readonly hostname: string; readonly host: string };
  readonly performance: { now(): number };
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The global object, with what this package uses of it. */
export const platform = globalThis as unknown as Platform;

/** Whether this is a page or a worker of a browser: there is no safe place for a key. */
export function isBrowser(): boolean {
  return platform.document !== undefined || typeof platform.importScripts === "function";
}

/** An environment variable; undefined where it is not set, empty, or where there is no environment. */
export function environmentVariable(name: string): string | undefined {
  try {
    return platform.process?.env?.[name] || undefined;
  } catch {
    return undefined; // Deno, without the permission to read it
  }
}
