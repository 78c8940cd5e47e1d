/** Many clients, or one for the whole program. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { END, page, START, sessionUsage, trace, WINDOW } from "./support/rows.js";
import { serve } from "./support/server.js";

// The default client belongs to the module: each test has a new one.
let sdk: typeof import("../src/index.js");
beforeEach(async () => {
  vi.resetModules();
  sdk = await import("../src/index.js");
});
afterEach(() => {
  vi.resetModules();
});

const GOOD = { json: { data: sessionUsage() } };

test("Netra.usage before Netra.init says what to do", () => {
  expect(sdk.Netra.isInitialized()).toBe(false);
  expect(() => sdk.Netra.usage).toThrow(sdk.NotInitializedError);
  expect(() => sdk.Netra.usage).toThrow(/Netra\.init/);
});

test("Netra.init makes the default client; another call replaces it", async () => {
  const first = await serve([GOOD]);
  const second = await serve([GOOD]);
  const client = sdk.Netra.init({ endpoint: first.url });
  expect(client).toBeInstanceOf(sdk.Netra);
  expect(sdk.Netra.isInitialized()).toBe(true);
  expect(sdk.Netra.usage).toBe(client.usage);
  await sdk.Netra.usage.getSessionUsage("session-123", START, END);
  const kept = sdk.Netra.usage;
  sdk.Netra.init({ endpoint: second.url });
  await sdk.Netra.usage.getSessionUsage("session-123", START, END);
  expect(sdk.Netra.usage).not.toBe(kept);
  expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
});

test("a Netra.init that fails leaves the default client as it was", () => {
  const client = sdk.Netra.init({ endpoint: "https://a.example" });
  expect(() => sdk.Netra.init({ endpoint: "not a URL" })).toThrow(sdk.ConfigurationError);
  expect(sdk.Netra.usage).toBe(client.usage);
});

test("clients have keys and limits of their own, and are no default client", async () => {
  const server = await serve([GOOD, GOOD]);
  const one = new sdk.Netra({ endpoint: server.url, apiKey: "one" });
  const other = new sdk.Netra({ endpoint: server.url, apiKey: "other" });
  await other.usage.getSessionUsage("session-123", START, END);
  await one.usage.getSessionUsage("session-123", START, END);
  expect(server.requests.map(({ headers }) => headers["x-api-key"])).toEqual(["other", "one"]);
  expect(sdk.Netra.isInitialized()).toBe(false);
});

test("options are read once: changing the object later changes nothing", async () => {
  const server = await serve([GOOD]);
  const options = { endpoint: server.url, apiKey: "one", headers: { "x-one": "1" } };
  const client = new sdk.Netra(options);
  Object.assign(options, { endpoint: "https://a.example", apiKey: "other" });
  options.headers["x-one"] = "2";
  await client.usage.getSessionUsage("session-123", START, END);
  expect(server.requests[0]?.headers).toMatchObject({ "x-api-key": "one", "x-one": "1" });
});

test("the global fetch is looked up for each call, so that what replaces it is met", async () => {
  const client = new sdk.Netra({ endpoint: "https://a.example" });
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(page([trace(7)]))));
  expect((await client.usage.listTraces(WINDOW)).traces[0]?.id).toBe("trace-7");
});

test("where the platform has no fetch, one must be given", async () => {
  vi.stubGlobal("fetch", undefined);
  expect(() => new sdk.Netra({ endpoint: "https://a.example" })).toThrow(sdk.ConfigurationError);
  const fetch = async () => new Response(JSON.stringify(page([])));
  const client = new sdk.Netra({ endpoint: "https://a.example", fetch });
  expect((await client.usage.listTraces(WINDOW)).traces).toEqual([]);
});
