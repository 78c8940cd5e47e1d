/** Where options come from, and what is refused before anything is sent. */

import { describe, expect, test, vi } from "vitest";
import { version } from "../package.json";
import type { ClientOptions } from "../src/core/config.js";
import { APITimeoutError, ConfigurationError, type FetchInit, Netra } from "../src/index.js";
import { END, START, sessionUsage } from "./support/rows.js";
import { errorOf, serve, silence } from "./support/server.js";

const KEY = "a-key-that-nobody-may-see";

/** What a client with these options would send. */
async function sentBy(options: ClientOptions): Promise<{ url: string; headers: Record<string, string> }> {
  let sent: [string, FetchInit] | undefined;
  const fetch = async (url: string, init: FetchInit) => {
    sent = [url, init];
    return new Response(JSON.stringify({ data: sessionUsage() }));
  };
  await new Netra({ fetch, ...options }).usage.getSessionUsage("session-123", START, END);
  if (!sent) throw new Error("nothing was sent");
  return { url: sent[0], headers: sent[1].headers };
}

async function baseUrlOf(options: ClientOptions): Promise<string> {
  return (await sentBy({ apiKey: KEY, ...options })).url.replace(/\/usage\/sessions\/.*/, "");
}

const refused = (options: unknown) =>
  errorOf(ConfigurationError, () => new Netra(options as ClientOptions)).then((error) => error.message);

describe("the endpoint", () => {
  test("is the option, then NETRA_OTLP_ENDPOINT, then OTEL_EXPORTER_OTLP_ENDPOINT, then the hosted service", async () => {
    expect(await baseUrlOf({})).toBe("https://api.getnetra.ai");
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example");
    expect(await baseUrlOf({})).toBe("https://otel.example");
    vi.stubEnv("NETRA_OTLP_ENDPOINT", "https://netra.example");
    expect(await baseUrlOf({})).toBe("https://netra.example");
    expect(await baseUrlOf({ endpoint: "https://option.example" })).toBe("https://option.example");
  });

  test("a variable that is empty is not set", async () => {
    vi.stubEnv("NETRA_OTLP_ENDPOINT", "");
    expect(await baseUrlOf({})).toBe("https://api.getnetra.ai");
  });

  test.each([
    ["https://api.example", "https://api.example"],
    ["https://api.example/", "https://api.example"],
    [" https://api.example:8443 ", "https://api.example:8443"],
    ["https://api.example/telemetry", "https://api.example"],
    ["https://api.example/telemetry/v1/traces", "https://api.example"],
    ["https://api.example/telemetry/v1/traces/", "https://api.example"],
    ["https://api.example/v1/traces", "https://api.example"],
    ["https://api.example/base/path", "https://api.example/base/path"],
    ["https://api.example/base/telemetry", "https://api.example/base"],
    ["https://api.example/a%20b", "https://api.example/a%20b"],
    ["http://[::1]:8080/x", "http://[::1]:8080/x"],
  ])("%s has the base URL %s", async (endpoint, expected) => {
    expect(await baseUrlOf({ endpoint })).toBe(expected);
  });

  test.each([
    "", "api.example", "localhost:8080", "ftp://api.example", "https://", "https:///path", "https://a b",
    "https://api.example:", "https://api.example:99999", "https://api.example\n.evil.example", "https:\\\\api.example",
    "https://api.example?x=1", "https://api.example#x",
  ])("%j is refused", async (endpoint) => {
    expect(await refused({ endpoint })).toContain("endpoint");
  }); // biome-ignore format: a list

  test("is never shown where it may hold a password", async () => {
    expect(await refused({ endpoint: `https://me:${KEY}@api.example` })).not.toContain(KEY);
  });

  test("a refusal names the variable that it comes from, and a missing scheme the one to write", async () => {
    vi.stubEnv("NETRA_OTLP_ENDPOINT", "localhost:8080");
    expect(await refused({})).toMatch(/NETRA_OTLP_ENDPOINT.*http:\/\/localhost:8080/);
  });
});

describe("the key", () => {
  const keyOf = async (options: ClientOptions) => (await sentBy(options)).headers["x-api-key"];

  test("is the option, then headers, then NETRA_API_KEY, then NETRA_HEADERS", async () => {
    vi.stubEnv("NETRA_HEADERS", "x-api-key=from%20headers");
    expect(await keyOf({})).toBe("from headers");
    vi.stubEnv("NETRA_API_KEY", "from variable");
    expect(await keyOf({})).toBe("from variable");
    expect(await keyOf({ headers: { "x-other": "1" } })).toBe("from variable");
    expect(await keyOf({ headers: { "X-API-Key": "from option headers" } })).toBe("from option headers");
    expect(await keyOf({ headers: { "X-API-Key": "no" }, apiKey: " from option\t" })).toBe("from option");
  });

  test("is needed for the hosted service only", async () => {
    expect(await refused({})).toMatch(/NETRA_API_KEY/);
    expect(await refused({ apiKey: "" })).toMatch(/NETRA_API_KEY/);
    expect(await refused({ endpoint: "https://eu.getnetra.ai/telemetry" })).toMatch(/NETRA_API_KEY/);
    expect(await keyOf({ endpoint: "https://other.example" })).toBeUndefined();
  });

  test.each(["two\nlines", "a\u0000b", "schlüssel", 5, null])(
    "%j is refused, and not shown",
    async (apiKey) => {
      const message = await refused({ apiKey });
      expect(message).toContain("apiKey");
      if (typeof apiKey === "string") expect(message).not.toContain(apiKey);
    },
  );
});

describe("headers", () => {
  test("are an object, or text with percent-encoded values", async () => {
    const text = "X-One=a%20b%2C, x-two = 100%,,x-three=a=b";
    const { headers } = await sentBy({ apiKey: KEY, headers: text });
    expect(headers).toMatchObject({ "x-one": "a b,", "x-two": "100%", "x-three": "a=b" });
    expect((await sentBy({ apiKey: KEY, headers: { "X-One": "a b" } })).headers["x-one"]).toBe("a b");
  });

  test.each([
    ["no equals sign", "novalue"],
    ["a name with a blank", { "a b": "1" }],
    ["a name without letters", { "": "1" }],
    ["a header of the request", { "Content-Length": "5" }],
    ["a value with a line break", { "x-one": `${KEY}\r\nx-two: 2` }],
    ["a value that is no text", { "x-one": 5 }],
    ["null", null],
    ["a number", 5],
    ["a Headers object, whose entries are hidden", new Headers({ "x-api-key": KEY })],
    ["a Map", new Map([["x-api-key", KEY]])],
  ])("%s is refused", async (_, headers) => {
    expect(await refused({ endpoint: "https://a.example", headers })).toMatch(/^headers\b(?!.*a-key)/s);
  });

  test("User-Agent names the package and the program; a given one is kept", async () => {
    const agentOf = async (options: ClientOptions) =>
      (await sentBy({ apiKey: KEY, ...options })).headers["user-agent"];
    expect(await agentOf({})).toBe(`netra-sdk-js/${version}`);
    expect(await agentOf({ appName: "Büro\n\ud800" })).toBe(`netra-sdk-js/${version} (B%C3%BCro%0A?)`);
    vi.stubEnv("OTEL_SERVICE_NAME", "otel");
    expect(await agentOf({})).toContain("(otel)");
    vi.stubEnv("NETRA_APP_NAME", "netra");
    expect(await agentOf({})).toContain("(netra)");
    expect(await agentOf({ headers: { "User-Agent": "mine" } })).toBe("mine");
  });
});

describe("limits", () => {
  test("NETRA_USAGE_TIMEOUT is in seconds, the option in milliseconds", async () => {
    vi.stubEnv("NETRA_USAGE_TIMEOUT", "0.03");
    const server = await serve(() => silence);
    const call = (options: ClientOptions) =>
      errorOf(
        APITimeoutError,
        new Netra({ endpoint: server.url, maxRetries: 0, ...options }).usage.getSessionUsage("a", START, END),
      );
    expect((await call({})).message).toContain("timeout: 30 ms");
    expect((await call({ timeout: 20 })).message).toContain("timeout: 20 ms");
  });

  test.each(["soon", "0", "-1", "Infinity"])("NETRA_USAGE_TIMEOUT=%s is refused", async (value) => {
    vi.stubEnv("NETRA_USAGE_TIMEOUT", value);
    expect(await refused({ apiKey: KEY })).toContain("NETRA_USAGE_TIMEOUT");
  });

  const bad: [string, unknown][] = [
    ...[0, -1, Number.NaN, Infinity, "5", null].map((value): [string, unknown] => ["timeout", value]),
    ...[0, Number.NaN, -Infinity, "5"].map((value): [string, unknown] => ["deadline", value]),
    ...[-1, 1.5, "1", Infinity].map((value): [string, unknown] => ["maxRetries", value]),
    ...[0, 1.5].map((value): [string, unknown] => ["maxResponseBytes", value]),
    ...["yes", 1, null].map((value): [string, unknown] => ["prefetch", value]),
  ];
  test.each(bad)("%s: %s is refused, by the client and by a call", async (name, value) => {
    expect(await refused({ apiKey: KEY, [name]: value })).toContain(name);
    const { usage } = new Netra({ apiKey: KEY });
    const options = { [name]: value } as never;
    await errorOf(ConfigurationError, usage.getSessionUsage("a", START, END, options));
    await errorOf(ConfigurationError, () => usage.iterTraces({ startTime: START, endTime: END }, options));
  });

  test("a deadline may be infinite", () => {
    expect(new Netra({ apiKey: KEY, deadline: Infinity })).toBeInstanceOf(Netra);
  });
});

test.each([
  [{ apikey: KEY }, "apikey"],
  [{ apiKey: KEY, max_retries: 1 }, "max_retries"],
  [{ apiKey: KEY, signal: new AbortController().signal }, "signal"],
])("an unknown option is refused: %j", async (options, name) => {
  const message = await refused(options);
  expect(message).toContain(name);
  expect(message).not.toContain(KEY);
});

test.each([null, "key", 5])("options that are %j are refused", async (options) => {
  await refused(options);
});

test("an unknown option of a call is refused", async () => {
  const { usage } = new Netra({ apiKey: KEY });
  const options = { retries: 1 } as never;
  await errorOf(ConfigurationError, usage.getTenantUsage("a", START, END, options));
});

test.each([
  ["fetch", 5],
  ["fetch", {}],
  ["secretHeaders", 5],
  ["secretHeaders", { "x-one": true }],
  ["appName", 5],
  ["endpoint", new URL("https://api.example")],
])("%s: %j is refused", async (name, value) => {
  expect(await refused({ apiKey: KEY, [name]: value })).toContain(name);
});

describe("a browser", () => {
  test.each([
    ["document", {}],
    ["importScripts", () => {}],
  ])(
    "with %s gets a key of the hosted service only when told so, and sends its own User-Agent",
    async (name, value) => {
      vi.stubGlobal(name, value);
      expect(await refused({ apiKey: KEY })).toContain("dangerouslyAllowBrowser");
      expect(await refused({ apiKey: KEY, dangerouslyAllowBrowser: "yes" })).toContain(
        "dangerouslyAllowBrowser",
      );
      const { headers } = await sentBy({ apiKey: KEY, dangerouslyAllowBrowser: true, appName: "page" });
      expect(headers).toEqual({ "x-api-key": KEY });
      expect(await baseUrlOf({ endpoint: "https://my.example" })).toBe("https://my.example");
    },
  );

  test("there may be no environment", async () => {
    vi.stubGlobal("process", undefined);
    expect(await baseUrlOf({})).toBe("https://api.getnetra.ai");
    vi.stubGlobal("process", {
      get env(): never {
        throw new Error("not permitted");
      },
    });
    expect(await baseUrlOf({})).toBe("https://api.getnetra.ai");
  });
});

test("an endpoint that is not encrypted and not on this machine is warned of", () => {
  const warnings: string[] = [];
  const logger = { debug: () => {}, warn: (line: string) => void warnings.push(line) };
  for (const endpoint of ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "https://a.example"])
    new Netra({ apiKey: KEY, endpoint, logger });
  expect(warnings).toEqual([]);
  new Netra({ apiKey: KEY, endpoint: "http://a.example", logger });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("http://a.example");
  expect(warnings[0]).not.toContain(KEY);
});
