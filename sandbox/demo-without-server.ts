import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { once } from "node:events";
import { createServer } from "node:http";
import { Hono } from "hono";
import type { ChatError } from "../src/transport/errors.ts";
import { addDemoRoutes } from "./demo-routes.ts";

/**
 * Serves the demo's pages where no XMPP server can be started: `/config.json` then holds an `error` with `message` and
 * `remedy`, which the pages show. @param others what could be started all the same.
 */
export async function startDemoWithoutServer(
  port: number,
  error: ChatError,
  others: Readonly<Record<string, unknown>> = {},
): Promise<{ url: string; stop: () => Promise<void> }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  addDemoRoutes(app, async () => ({ ...others, error: { message: error.message, remedy: error.info.remedy } }));
  const handle = getRequestListener(app.fetch);
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
