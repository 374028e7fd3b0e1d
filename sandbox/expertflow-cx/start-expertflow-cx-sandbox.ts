import { getRequestListener } from "@hono/node-server";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { Socket } from "socket.io";
import { listenOnLoopback, stopWithLinks, trackLinks } from "../support/loopback-server.ts";
import { createCxControl, type CxNetwork } from "./control-routes.ts";
import { CxCentre } from "./cx-centre.ts";
import type { CxSwitches } from "./cx-switches.ts";
import { createRestServices, SERVICE_PATHS } from "./rest-services.ts";
import { scriptedBot } from "./scripted-bot.ts";
import { serveSocket } from "./socket-events.ts";

/** Options of {@link startExpertflowCxSandbox}. */
export interface ExpertflowCxSandboxOptions {
  /** Port of everything; default: any free one. */
  port?: number;
  /** How often the server asks whether a customer is there, and how long it waits, milliseconds. Default: socket.io's. */
  ping?: { intervalMs: number; timeoutMs: number };
  /** A bot greets every customer. Default: nobody does. */
  bot?: boolean;
  /** How it behaves where the vendor's documents leave it open. */
  switches?: Partial<CxSwitches>;
}

/** Where the services of a running sandbox are: plain JSON. */
export type ExpertflowCxAddresses = { [K in keyof typeof SERVICE_PATHS | "controlUrl"]: string };

/** A running Expertflow CX on loopback. */
export interface ExpertflowCxSandbox extends ExpertflowCxAddresses {
  /** The contact centre: its chats, what arrived, what it says, and what can be switched or broken. */
  readonly centre: CxCentre;
  /** Only the addresses, for handing to another process or a page. */
  addresses(): ExpertflowCxAddresses;
  /** Customers' connections that are up. */
  readonly connections: number;
  /** Cuts every connection without a word. Whoever connects again is served. */
  dropLinks(): void;
  /** Puts every customer out, as `socket.disconnect(true)` does. */
  putOut(): void;
  /** Stops everything. Twice is fine. */
  stop(): Promise<void>;
}

/**
 * Starts what a customer's page needs of Expertflow CX on one port: a real socket.io 4 server as the web channel manager, and
 * the REST services, each under the vendor's own path. Takes some milliseconds.
 *
 * ```ts
 * const cx = await startExpertflowCxSandbox();
 * // start a chat against cx.socketUrl, then:
 * cx.centre.agentJoins();
 * cx.centre.say("How can I help?");
 * await cx.stop();
 * ```
 * @throws ChatError `conflict` when `port` is taken.
 */
export async function startExpertflowCxSandbox(options: ExpertflowCxSandboxOptions = {}): Promise<ExpertflowCxSandbox> {
  const centre = new CxCentre();
  Object.assign(centre.switches, options.switches);
  if (options.bot === true) centre.watchers.add(scriptedBot(centre));
  let token: string | undefined;
  const network: CxNetwork = {
    dropLinks() {
      const sockets = centre.sockets;
      links.destroyCustomers();
      for (const socket of sockets) socket.conn.close(true);
    },
    putOut() {
      for (const socket of centre.sockets) socket.disconnect(true);
    },
  };
  const app = createCxControl(centre, network).route(
    "/",
    createRestServices(centre, () => token),
  );
  const listener = getRequestListener(app.fetch);
  const server = createServer((request, response) => void listener(request, response));
  const links = trackLinks(server, SERVICE_PATHS.socketUrl);
  // Loaded late: it wants `ws`, which whoever only wants another sandbox need not have.
  const socketIo = await import("socket.io");
  const io = new socketIo.Server(server, {
    path: `${SERVICE_PATHS.socketUrl}/socket.io`,
    cors: { origin: "*" },
    serveClient: false,
    ...(options.ping && { pingInterval: options.ping.intervalMs, pingTimeout: options.ping.timeoutMs }),
  });
  const newToken = (): string => (token = `header.${randomBytes(16).toString("hex")}.signature`);
  io.use((_socket, next) => {
    const fault = centre.faults.handshakes.shift();
    if (fault === "hang") return;
    if (fault) next(Object.assign(new Error(fault.refuse), { data: { code: 401 } }));
    else next();
  });
  const cut = (socket: Socket): void => {
    // First the TCP connections, all of them: a poll may wait on another one than the message came by.
    links.destroyCustomers();
    socket.conn.close(true);
  };
  io.on("connection", (socket) => serveSocket(centre, socket, newToken, cut));
  const port = await listenOnLoopback(server, options.port ?? 0);
  const base = `http://127.0.0.1:${port}`;
  let stopping: Promise<void> | undefined;
  return {
    ...addressesAt(base),
    addresses: () => addressesAt(base),
    centre,
    get connections() {
      return io.engine.clientsCount;
    },
    ...network,
    stop: () => (stopping ??= stopWithLinks(server, links, () => io.close())),
  };
}

function addressesAt(base: string): ExpertflowCxAddresses {
  const at = (path: string): string => `${base}${path}`;
  return {
    socketUrl: at(SERVICE_PATHS.socketUrl),
    ccmUrl: at(SERVICE_PATHS.ccmUrl),
    fileServerUrl: at(SERVICE_PATHS.fileServerUrl),
    formUrl: at(SERVICE_PATHS.formUrl),
    conversationUrl: at(SERVICE_PATHS.conversationUrl),
    activityUrl: at(SERVICE_PATHS.activityUrl),
    authenticatorUrl: at(SERVICE_PATHS.authenticatorUrl),
    calendarUrl: at(SERVICE_PATHS.calendarUrl),
    callbackUrl: at(SERVICE_PATHS.callbackUrl),
    webhookUrl: at(SERVICE_PATHS.webhookUrl),
    controlUrl: at("/control"),
  };
}
