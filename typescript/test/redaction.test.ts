/** The key goes to the endpoint, and is nowhere else to be seen. */

import { inspect } from "node:util";
import { expect, test } from "vitest";
import { type ClientOptions, Netra, NetraError } from "../src/index.js";
import { END, page, START, trace, WINDOW } from "./support/rows.js";
import { clientOf, type Reply, serve } from "./support/server.js";

const KEY = 'sk-"quoted"/+=&<secret>-0123456789';
const SECRET = "another secret value";

/** The key as it is, and as JSON, URLs and HTML write it. */
const FORMS: Readonly<Record<string, string>> = {
  "as it is": KEY,
  "as JSON": JSON.stringify(KEY).slice(1, -1),
  "as JSON in JSON": JSON.stringify(JSON.stringify(KEY)),
  "as JSON with all characters escaped": [...KEY]
    .map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join(""),
  "percent-encoded": encodeURIComponent(KEY),
  "percent-encoded twice": encodeURIComponent(encodeURIComponent(KEY)),
  "in a form": new URLSearchParams({ k: KEY }).toString().slice(2),
  "as HTML": KEY.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;"),
  "as HTML numbers": [...KEY].map((each) => `&#${each.charCodeAt(0)};`).join(""),
  "in capitals": KEY.toUpperCase(),
  "cut off": KEY.slice(0, 20),
};

/** All that a program could show of an error. */
function everything(value: unknown): string {
  const error = value as Error;
  return [
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(value, Object.getOwnPropertyNames(value)),
    String(value),
    error.stack,
    error.message,
    inspect(error.cause, { depth: 20, showHidden: true }),
  ].join("\n");
}

/** Whether a text holds the key, decoded as often as it takes; a part of it will do. */
function showsKey(text: string): boolean {
  let decoded = text;
  for (let times = 0; times < 4; times += 1) {
    for (const part of [KEY.slice(0, 14), KEY.slice(-10), "secret>", "another secret"])
      if (decoded.toLowerCase().includes(part.toLowerCase())) return true;
    decoded = decoded
      .replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replace(/&quot;/g, '"').replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&")
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/\+/g, (plus, place) => (times === 2 && place ? " " : plus))
      .replace(/\\+(["/\\])/g, "$1");
  } // biome-ignore format: pairs
  return false;
}

test("this test would see the key in each of its forms", () => {
  for (const form of Object.values(FORMS)) expect(showsKey(`x ${form} y`)).toBe(true);
});

/** What a call throws, with the log lines beside. */
async function shownAfter(reply: Reply, call = sessionUsage, options: ClientOptions = {}) {
  const lines: string[] = [];
  const server = await serve(() => reply);
  const logger = {
    debug: (line: string) => void lines.push(line),
    warn: (line: string) => void lines.push(line),
  };
  const client = clientOf(server, { apiKey: KEY, maxRetries: 1, logger, ...options });
  try {
    await call(client);
  } catch (error) {
    expect(error).toBeInstanceOf(NetraError);
    expect(server.requests[0]?.headers["x-api-key"]).toBe(KEY);
    return { error: error as NetraError, text: `${everything(error)}\n${lines.join("\n")}`, lines };
  }
  throw new Error("nothing was thrown");
}

const sessionUsage = (client: Netra): Promise<unknown> =>
  client.usage.getSessionUsage("session-123", START, END);

const PLACES: Readonly<Record<string, (form: string) => Reply>> = {
  "the message of a 401": (form) => ({ status: 401, body: `{"message": "bad key ${form}"}` }),
  "an HTML page": (form) => ({
    status: 502,
    body: `<html><head><title>No ${form}</title></head><body>${form}</body></html>`,
    headers: { "content-type": "text/html" },
  }),
  "a body that is no JSON": (form) => ({
    status: 500,
    body: `${"x".repeat(150)} key=${form} ${"y".repeat(3_000)}`,
  }),
  "a body that is cut in the key": (form) => ({ status: 500, body: `${"x".repeat(1_990)}${form}` }),
  "a success that does not fit": (form) => ({ body: JSON.stringify({ data: { session_id: form } }) }),
  "another id": (form) => ({
    json: { data: { session_id: form, tokenCount: 1, requestsCount: 1, totalCost: 1 } },
  }),
  "a success that is no JSON": (form) => ({ body: `${form} is no JSON` }),
  "a failure in disguise": (form) => ({ body: JSON.stringify({ data: null, message: `no ${form}` }) }),
  "the request id": (form) => ({ status: 400, headers: { "x-request-id": form }, json: {} }),
  "the location of a redirect": (form) => ({
    status: 302,
    headers: { location: `https://a.example/?k=${form}` },
    body: "",
  }),
  "the content type": (form) => ({
    status: 500,
    headers: { "content-type": `text/html; k=${form}` },
    body: "<p>",
  }),
};

for (const [place, reply] of Object.entries(PLACES))
  test.each(Object.entries(FORMS))(`in ${place}, the key %s is redacted`, async (_, form) => {
    const { text } = await shownAfter(reply(form));
    expect(showsKey(text), text).toBe(false);
  });

test("what is not secret stays readable", async () => {
  const { error } = await shownAfter({ status: 401, json: { message: `key ${KEY} is not known here` } });
  expect(error.message).toContain("key *** is not known here");
  expect(error).toMatchObject({ body: '{"message":"key *** is not known here"}' });
});

test.each([
  ["headers whose name says so", { headers: { "x-auth-token": SECRET } }],
  ["headers that were named", { headers: { "x-custom": SECRET }, secretHeaders: ["X-Custom"] }],
  ["the credentials behind a scheme", { headers: { authorization: "Bearer another-secret-value" } }],
])("the values of %s are redacted, too", async (_, options) => {
  const echoed = Object.values(options.headers)[0]?.replace("Bearer ", "") as string;
  const { error } = await shownAfter({ status: 400, json: { message: `no ${echoed}!` } }, undefined, options);
  expect(error.message).toContain("no ***!");
});

test("a short key is redacted only where it stands alone", async () => {
  const server = await serve(() => ({ status: 401, json: { message: "key abc, alphabc, abc" } }));
  await expect(sessionUsage(clientOf(server, { apiKey: "abc" }))).rejects.toThrow("key ***, alphabc, ***");
});

test("in the error of a fetch, and in what caused it", async () => {
  const request = { headers: { "x-api-key": KEY }, url: `https://a.example/?k=${encodeURIComponent(KEY)}` };
  const cause = Object.assign(new Error(`inner: ${KEY}`), { request, code: `E_${KEY}` });
  const fetch = async (): Promise<never> => {
    throw Object.assign(new TypeError(`invalid header value ${KEY}`, { cause }), { request });
  };
  try {
    await sessionUsage(new Netra({ apiKey: KEY, fetch, maxRetries: 0 }));
    throw new Error("nothing was thrown");
  } catch (error) {
    expect(error).toMatchObject({ name: "APIConnectionError" });
    expect((error as Error).message).toMatch(
      /TypeError: invalid header value \*\*\*; Error: E_\*\*\*: inner: \*\*\*/,
    );
    expect(showsKey(everything(error))).toBe(false);
  }
});

test.each([
  ["text", "text"], ["nothing", undefined], ["null", null], ["a number", 5], ["an object", { message: 5 }],
  ["a symbol", Symbol("x")],
  ["an error that holds itself", (() => { const error = new Error("round"); error.cause = error; return error; })()],
])("a fetch that throws %s gives our error", async (_, thrown) => {
  const fetch = (): Promise<never> => {
    throw thrown;
  };
  await expect(sessionUsage(new Netra({ apiKey: KEY, fetch, maxRetries: 0 }))).rejects.toMatchObject({
    name: "APIConnectionError",
  });
}); // biome-ignore format: a list

test.each([
  ["nothing", undefined], ["null", null], ["text", "no"], ["an empty object", {}],
  ["a response without headers", { status: 200, arrayBuffer: async (): Promise<unknown> => new ArrayBuffer(0) }],
  ["a response without a body", { status: 200, headers: new Headers() }],
  ["a body that is no bytes", { status: 200, headers: new Headers(), arrayBuffer: async (): Promise<unknown> => "text" }],
])("a fetch that gives %s gives an error of ours", async (_, response) => {
  const fetch = async () => response as never;
  await expect(sessionUsage(new Netra({ apiKey: KEY, fetch, maxRetries: 0 }))).rejects.toBeInstanceOf(NetraError);
}); // biome-ignore format: a list

test("no inspection of client, methods, walks and pages shows it", async () => {
  const server = await serve(() => ({ json: page([trace(1)], true) }));
  const client = clientOf(server, { apiKey: KEY, headers: { "x-auth-token": SECRET } });
  const walk = client.usage.iterTraces(WINDOW);
  await walk.next();
  await walk.return();
  const paged = client.usage.iterTraces(WINDOW);
  await paged.pages().next();
  await paged.pages().return();
  const shown = [
    client,
    client.usage,
    walk,
    paged,
    paged.pages(),
    client.usage.iterTraces(WINDOW).withSpans(),
    client.usage.iterSpansByTraceId({ traceId: "t" }),
    await client.usage.listTraces(WINDOW),
  ].map((value) =>
    [
      inspect(value, { depth: 20, showHidden: true, getters: true }),
      JSON.stringify(value),
      String(value),
    ].join(),
  );
  expect(showsKey(shown.join())).toBe(false);
});

test("no log line shows it, and no line of a success either", async () => {
  const { lines } = await shownAfter({ status: 503, json: { message: KEY } });
  expect(lines).toHaveLength(2);
  expect(showsKey(lines.join())).toBe(false);
});

test("a Proxy around the client can call its methods", async () => {
  const server = await serve(() => ({ json: page([trace(1)]) }));
  const deep = (target: object): never =>
    new Proxy(target, {
      get: (from, name) => {
        const value = Reflect.get(from, name) as unknown;
        return typeof value === "object" && value !== null ? deep(value) : value;
      },
    }) as never;
  const client: Netra = deep(clientOf(server));
  expect((await client.usage.listTraces(WINDOW)).traces).toHaveLength(1);
});
