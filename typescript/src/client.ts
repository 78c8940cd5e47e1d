/** `Netra`: as many clients as you like, or one for the whole program. */

import { type ClientOptions, readConfig } from "./core/config.js";
import { NotInitializedError } from "./errors.js";
import { createTransport } from "./transport.js";
import { Usage } from "./usage.js";

let defaultClient: Netra | undefined;

/**
 * A client of the usage API. What is left out of the options is looked up in the environment, where there is one.
 *
 * @example
 * ```ts
 * const client = new Netra({ apiKey: "your-api-key" });
 * const usage = await client.usage.getTenantUsage("AceTech", "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.999Z");
 * ```
 *
 * Or one for the whole program: `Netra.init({ apiKey: "your-api-key" })`, then `Netra.usage`.
 */
export class Netra {
  /** Queries usage, traces and spans. */
  readonly usage: Usage;

  /** Throws a `ConfigurationError` where an option or a variable makes no sense, or the hosted service has no key. */
  constructor(options: ClientOptions = {}) {
    const config = readConfig(options);
    this.usage = new Usage(createTransport(config), config.options);
  }

  /** Make the default client, which `Netra.usage` uses. Another call replaces it. */
  static init(options: ClientOptions = {}): Netra {
    defaultClient = new Netra(options);
    return defaultClient;
  }

  /** Whether there is a default client. */
  static isInitialized(): boolean {
    return defaultClient !== undefined;
  }

  /** The methods of the default client. Throws a `NotInitializedError` before `Netra.init`. */
  static get usage(): Usage {
    if (!defaultClient)
      throw new NotInitializedError("There is no default client: call Netra.init({ ... }) first.");
    return defaultClient.usage;
  }
}
