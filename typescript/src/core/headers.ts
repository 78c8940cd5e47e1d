/** The headers of every request: what callers and the environment give, checked. One of them is the API key. */

import { ConfigurationError } from "../errors.js";
import { environmentVariable } from "./platform.js";

export const API_KEY_HEADER = "x-api-key";

const RESERVED =
  /^(connection|content-length|content-type|expect|host|te|trailer|transfer-encoding|upgrade)$/;

/** An object of names and values, or text like `name=value,name=value` with percent-encoded values. */
export type HeadersOption = Readonly<Record<string, string>> | string;

/** All headers to send, by lower-case name; the API key is one of them. */
export function readHeaders(
  headers: HeadersOption | undefined,
  apiKey: string | undefined,
): Record<string, string> {
  const result =
    headers === undefined
      ? parseHeaders(environmentVariable("NETRA_HEADERS") ?? "", "NETRA_HEADERS")
      : parseHeaders(headers, "headers");
  const variable = environmentVariable("NETRA_API_KEY");
  if (apiKey !== undefined) result[API_KEY_HEADER] = headerValue(apiKey, "apiKey");
  else if (variable !== undefined && (headers === undefined || !(API_KEY_HEADER in result)))
    result[API_KEY_HEADER] = headerValue(variable, "NETRA_API_KEY");
  if (!result[API_KEY_HEADER]) delete result[API_KEY_HEADER];
  return result;
}

/** Parse an object, or W3C Correlation-Context text: `k1=v1,k2=v2` with percent-encoded values. */
function parseHeaders(headers: HeadersOption, source: string): Record<string, string> {
  // The entries of a Headers or a Map are no fields of it: they would be left out.
  if (typeof headers !== "string" && (Object(headers) !== headers || Symbol.iterator in headers))
    throw new ConfigurationError(`${source} must be an object of names and values, or text.`);
  const result: Record<string, string> = {};
  for (const [name, value] of typeof headers === "string"
    ? pairsOf(headers, source)
    : Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw new ConfigurationError(`${source} holds a name that no HTTP header can have.`);
    if (RESERVED.test(name.toLowerCase()))
      throw new ConfigurationError(`${source}: ${name} is set by the request itself; leave it out.`);
    result[name.toLowerCase()] = headerValue(value, `${source}: ${name}`);
  }
  return result;
}

function pairsOf(text: string, source: string): [string, string][] {
  return text
    .split(",")
    .filter((entry) => entry.trim())
    .map((entry) => {
      const place = entry.indexOf("=");
      if (place < 0)
        throw new ConfigurationError(
          `${source} must look like "name=value,name=value": an entry has no "=".`,
        );
      const value = entry.slice(place + 1).trim();
      try {
        return [entry.slice(0, place).trim(), decodeURIComponent(value)];
      } catch {
        return [entry.slice(0, place).trim(), value]; // a "%" that encodes nothing
      }
    });
}

/** The value without blanks around it. Errors name its source, never the value: it may be the key. */
function headerValue(value: unknown, source: string): string {
  if (typeof value !== "string")
    throw new ConfigurationError(`${source} must be a string, not ${typeof value}.`);
  const text = value.replace(/^[ \t]+|[ \t]+$/g, "");
  if (/[^\t\x20-\x7e]/.test(text))
    throw new ConfigurationError(
      `${source} holds a line break or another character that no HTTP header can have; look for a stray newline at its end.`,
    );
  return text;
}
