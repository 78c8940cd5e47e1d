// What the platform has fits without a cast: its fetch, its AbortSignal, its console.
import { type ClientOptions, type FetchLike, Netra } from "netra-sdk-js";

const options: ClientOptions = { fetch, logger: console };
export const client: Netra = new Netra(options);
export const proxied: FetchLike = (url, init) => fetch(url, { ...init, keepalive: true });
export const own = new Netra({ fetch: async (url, init) => new Response(`${url} ${init.method}`) });

const controller = new AbortController();
export const page = client.usage.listTraces(
  { startTime: "2026-01-01", endTime: new Date() },
  { signal: controller.signal },
);
export const usage = client.usage.getSessionUsage("s", "2026-01-01", "2026-01-02", {
  signal: AbortSignal.timeout(1_000),
});
controller.abort();
