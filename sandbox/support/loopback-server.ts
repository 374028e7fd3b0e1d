import { once } from "node:events";
import { type IncomingMessage, type Server as HttpServer } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import type { Duplex } from "node:stream";
import { ChatError } from "../../src/transport/errors.ts";

/** The TCP connections of a server: what a network can cut. */
export interface TcpLinks {
  /** Those that have asked for a path with that beginning. */
  destroyCustomers(): void;
  destroyAll(): void;
}

/** Follows a server's connections. @param path where those lead that {@link TcpLinks.destroyCustomers} cuts. */
export function trackLinks(server: HttpServer, path: string): TcpLinks {
  const all = new Set<Duplex>();
  const customers = new Set<Duplex>();
  server.on("connection", (link: TcpSocket) => {
    all.add(link);
    link.once("close", () => {
      all.delete(link);
      customers.delete(link);
    });
  });
  const note = ({ url, socket }: IncomingMessage): void => {
    if (url?.startsWith(path) === true) customers.add(socket);
  };
  server.on("request", note);
  server.on("upgrade", (request, link) => {
    note(request);
    // A server that listens to upgrades has to answer them: without WebSocket nobody else does.
    if (server.listenerCount("upgrade") === 1) link.destroy();
  });
  const destroy = (links: ReadonlySet<Duplex>): void => {
    for (const link of links) link.destroy();
  };
  return { destroyCustomers: () => destroy(customers), destroyAll: () => destroy(all) };
}

/** Listens on loopback. @returns the port. @throws ChatError `conflict` when it is taken. */
export async function listenOnLoopback(server: HttpServer, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new ChatError("conflict", `Port ${port} is taken.`, { remedy: "Choose another port, or none.", cause });
  }
  const address = server.address();
  if (typeof address === "object" && address) return address.port;
  throw new ChatError("unsupported", "The server has no port.");
}

/** Stops a server that socket.io is attached to. @param closeSockets stops socket.io, and with it the server. */
export async function stopWithLinks(
  server: HttpServer,
  links: TcpLinks,
  closeSockets: () => Promise<unknown>,
): Promise<void> {
  const closed = once(server, "close");
  // Whoever polls comes back at once, and would keep the server open.
  server.on("connection", (link: TcpSocket) => link.destroy());
  links.destroyAll();
  await Promise.all([closed, closeSockets()]);
}
