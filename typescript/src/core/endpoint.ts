/** The endpoint: what callers write, and the base URL that requests go to. */

import { ConfigurationError } from "../errors.js";
import { platform } from "./platform.js";

export const DEFAULT_ENDPOINT = "https://api.getnetra.ai";

export interface BaseUrl {
  readonly text: string;
  readonly isHosted: boolean;
  /** Whether what is sent can be read on the way. */
  readonly isExposed: boolean;
}

/** The endpoint without a trailing `/v1/traces`, and then without a trailing `/telemetry`. */
export function baseUrlOf(endpoint: string, source: string): BaseUrl {
  const text = endpoint
    .trim()
    .replace(/\/$/, "")
    .replace(/\/v1\/traces$/, "")
    .replace(/\/$/, "")
    .replace(/\/telemetry$/, "");
  // First, and without showing it: it may hold a password.
  if (/[@?#]/.test(text))
    throw new ConfigurationError(
      `${source} must hold scheme, host and path only, without user, password, "?" or "#". The API key has its own option, apiKey.`,
    );
  let hint = `write it like ${DEFAULT_ENDPOINT}`;
  if (!text.includes("://")) {
    const scheme = /^(localhost\b|127\.|\[::1\])/.test(text) ? "http" : "https";
    hint = `write it with its scheme, like ${scheme}://${text}`;
  } else if (
    /^https?:\/\/[^/\\]/i.test(text) &&
    !/[\s\p{C}]/u.test(text) &&
    !/:0*(\/|$)/.test(text.slice(6))
  ) {
    try {
      const { protocol, hostname } = new platform.URL(text);
      return {
        text,
        isHosted: hostname.includes("getnetra"),
        isExposed: protocol === "http:" && !/^(.+\.)?localhost$|^127\.|^\[::1\]$/.test(hostname),
      };
    } catch {
      // not a URL: below
    }
  }
  throw new ConfigurationError(`${source}: ${JSON.stringify(endpoint)} is not a URL: ${hint}.`);
}
