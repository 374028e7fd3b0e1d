import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { createServer } from "node:http";
import { listenOnLoopback } from "../support/loopback-server.ts";
import { isFields, textField, type Fields } from "./read.ts";

/** A bot's own server, as far as its connector calls it. */
export interface FakeBotServer {
  /** Where `api/initContext` is, with a slash at the end. */
  readonly url: string;
  /** Every call of `initContext` that was understood, in order. */
  readonly calls: { conversationId: string; customerInfo: Fields }[];
  /** Status codes of the next calls; after them 200. */
  readonly statuses: number[];
  stop(): Promise<void>;
}

/** Starts a bot that takes contexts. 500 for a body that is no `{conversationId, customerInfo}`. */
export async function startFakeBotServer({ port = 0 }: { port?: number } = {}): Promise<FakeBotServer> {
  const calls: FakeBotServer["calls"] = [];
  const statuses: number[] = [];
  const app = new Hono();
  app.post("/api/initContext", async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const conversationId = isFields(body) ? textField(body, "conversationId") : undefined;
    const info = isFields(body) ? body["customerInfo"] : undefined;
    if (conversationId === undefined || !isFields(info)) return new Response(null, { status: 500 });
    calls.push({ conversationId, customerInfo: info });
    return new Response(null, { status: statuses.shift() ?? 200 });
  });
  const listener = getRequestListener(app.fetch);
  const server = createServer((request, response) => void listener(request, response));
  const taken = await listenOnLoopback(server, port);
  return {
    url: `http://127.0.0.1:${taken}/`,
    calls,
    statuses,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
