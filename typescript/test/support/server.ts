/** A server whose responses are scripted, and which keeps all requests. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { ClientOptions } from "../../src/core/config.js";
import { Netra, type NetraError } from "../../src/index.js";
import { QuickClock } from "./clock.js";

/** A request that the server has received. */
export interface Received {
  readonly method: string;
  /** The path and query, exactly as they were sent. */
  readonly target: string;
  /** The path, as it was sent. */
  readonly path: string;
  /** The pairs of the query, decoded. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A response; or a function that writes one, or a part of one, or breaks the connection. */
export type Reply =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly json?: unknown;
      readonly body?: string | Uint8Array;
    }
  | ((response: ServerResponse) => unknown);

export interface Server {
  readonly url: string;
  readonly requests: readonly Received[];
  /** How many requests were ended by the client before their response was. */
  readonly aborted: number;
}

/** Start a server for the running test: the replies in this order, or what the script makes of each request. */
export async function serve(
  replies: readonly Reply[] | ((request: Received, number: number) => Reply | Promise<Reply>),
): Promise<Server> {
  const requests: Received[] = [];
  let aborted = 0;
  const script = async (request: Received, number: number) =>
    typeof replies === "function"
      ? replies(request, number)
      : (replies[number - 1] ?? { status: 418, json: { message: "no reply is left" } });
  const server = createServer((message, response) => {
    response.on("close", () => {
      if (!response.writableFinished) aborted += 1;
    });
    void answer(message, response);
  });
  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const target = message.url ?? "";
    const [path = "", query = ""] = target.split("?");
    const request: Received = {
      method: message.method ?? "",
      target,
      path,
      query: [...new URLSearchParams(query)],
      headers: message.headers,
      body: Buffer.concat(chunks).toString(),
    };
    const reply = await script(request, requests.push(request));
    if (typeof reply === "function") {
      reply(response);
      return;
    }
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
    response.end(reply.body ?? JSON.stringify(reply.json));
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get aborted() {
      return aborted;
    },
  };
}

/** A client of the server, that does not really wait between attempts. */
export function clientOf(server: Server, options: ClientOptions = {}): Netra {
  return new Netra({ endpoint: server.url, clock: new QuickClock(), ...options });
}

/** Say nothing, and keep the connection open. */
export const silence = (): void => {};

/** Break the connection. */
export const reset = (response: ServerResponse): void => {
  response.socket?.resetAndDestroy();
};

type ErrorClass<ErrorT> = abstract new (...args: never[]) => ErrorT;

/** The error that is thrown, of this class and of none below it. */
export async function errorOf<ErrorT extends NetraError>(
  errorClass: ErrorClass<ErrorT>,
  call: PromiseLike<unknown> | (() => unknown),
): Promise<ErrorT> {
  try {
    await (typeof call === "function" ? call() : call);
  } catch (error) {
    if ((error as object)?.constructor === errorClass) return error as ErrorT;
    throw error;
  }
  throw new Error(`nothing was thrown, ${errorClass.name} was promised`);
}

/** All items of a walk. */
export async function all<Item>(walk: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of walk) items.push(item);
  return items;
}

export function idsOf(rows: readonly { readonly id: string }[]): string[] {
  return rows.map((row) => row.id);
}

/** Resolves when the condition holds; a test that waits for ever fails by its time limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
