import { getRequestListener } from "@hono/node-server";
import { createServer, type Server as HttpServer } from "node:http";
import { ChatError } from "../../src/transport/errors.ts";
import { listenOnLoopback, stopWithLinks, trackLinks, type TcpLinks } from "../support/loopback-server.ts";
import { installAmqSamples } from "./amq-events.ts";
import { createSolutionControl, type SolutionNetwork } from "./control-routes.ts";
import { connectLocally } from "./local-wire.ts";
import { createSolutionRest } from "./rest-calls.ts";
import { scriptedSolutionBot } from "./scripted-participants.ts";
import { SolutionCentre } from "./solution-centre.ts";
import { openSolutionServer, type SolutionServer } from "./solution-server.ts";
import type { SolutionSwitches } from "./solution-switches.ts";

/** Options of {@link startChatSolutionSandbox}. */
export interface ChatSolutionSandboxOptions {
  /** Port of everything; default: any free one. */
  port?: number;
  /**
   * Version of the socket.io server: 2 speaks Engine.IO 3, as the guide's server of 2018 does, and 4 speaks Engine.IO 4 alone.
   * Default: 4.
   */
  socketIo?: 2 | 4;
  /** What the server offers; default: polling and WebSocket. */
  transports?: readonly ("polling" | "websocket")[];
  /** How often it is asked whether the other side is there, and how long is waited, milliseconds. Default: socket.io's. */
  ping?: { intervalMs: number; timeoutMs: number };
  /** A bot has every conversation until somebody asks for a person. Default: nobody does. */
  bot?: boolean;
  /** How it behaves where the guides leave it open. */
  switches?: Partial<SolutionSwitches>;
}

/** Where a running sandbox is: plain JSON. */
export interface ChatSolutionAddresses {
  /** Of the chat server: socket.io and REST. */
  url: string;
  controlUrl: string;
}

/** A running Expertflow Chat Solution on loopback. */
export interface ChatSolutionSandbox extends ChatSolutionAddresses {
  readonly socketIo: 2 | 4;
  /** The contact centre: conversations, agents, what arrived, what it says, and what can be switched or broken. */
  readonly centre: SolutionCentre;
  /** Only the addresses, for handing to another process or a page. */
  addresses(): ChatSolutionAddresses;
  /** Connections that are up. */
  readonly connections: number;
  /** Cuts every connection without a word. Whoever connects again is served. */
  dropLinks(): void;
  /** Puts every client out, as `socket.disconnect(true)` does. */
  putOut(): void;
  /** Stops the server, as a crash would; conversations are kept, and nobody can connect until {@link ChatSolutionSandbox.bringUp}. */
  takeDown(): Promise<void>;
  /** Starts it again, at the same address. */
  bringUp(): Promise<void>;
  /** Both, one after the other. */
  restart(): Promise<void>;
  /** Stops everything. Twice is fine. */
  stop(): Promise<void>;
}

/** What runs between two outages. */
interface Listening {
  server: HttpServer;
  links: TcpLinks;
  sockets: SolutionServer;
  port: number;
}

/**
 * Starts an Expertflow Chat Solution on one port: a real socket.io server, version 2 or 4, for customers, connectors, bots and
 * agents, and the REST calls. Takes some milliseconds.
 *
 * ```ts
 * const solution = await startChatSolutionSandbox({ socketIo: 2 });
 * // start a chat against solution.url, then:
 * solution.centre.agentJoins();
 * solution.centre.say("How can I help?");
 * await solution.stop();
 * ```
 * @throws ChatError `conflict` when `port` is taken.
 */
export async function startChatSolutionSandbox(options: ChatSolutionSandboxOptions = {}): Promise<ChatSolutionSandbox> {
  const { socketIo = 4 } = options;
  const centre = new SolutionCentre();
  Object.assign(centre.switches, options.switches);
  installAmqSamples(centre);
  if (options.bot === true) scriptedSolutionBot(connectLocally(centre));
  let running: Listening | undefined = await listen(centre, network(), options, options.port ?? 0);
  const { port } = running;
  centre.cutLink = (seat) => {
    // First the TCP connections, all of them: a poll may wait on another one than the event came by.
    running?.links.destroyCustomers();
    seat.socket.cut();
  };
  const addresses = { url: `http://127.0.0.1:${port}`, controlUrl: `http://127.0.0.1:${port}/control` };

  function network(): SolutionNetwork {
    return {
      dropLinks() {
        running?.links.destroyCustomers();
        for (const { socket } of remoteSeats(centre)) socket.cut();
      },
      putOut() {
        for (const { socket } of remoteSeats(centre)) socket.disconnect();
      },
    };
  }
  const takeDown = async (): Promise<void> => {
    const was = running;
    running = undefined;
    if (was) await stopWithLinks(was.server, was.links, () => was.sockets.close());
  };
  const bringUp = async (): Promise<void> => {
    if (stopping) throw new ChatError("closed", "The sandbox has been stopped.");
    running ??= await listen(centre, network(), options, port);
  };
  let stopping: Promise<void> | undefined;
  return {
    ...addresses,
    socketIo,
    centre,
    addresses: () => ({ ...addresses }),
    get connections() {
      return running?.sockets.connections ?? 0;
    },
    ...network(),
    takeDown,
    bringUp,
    restart: async () => {
      await takeDown();
      await bringUp();
    },
    stop: () => (stopping ??= takeDown()),
  };
}

/** Participants inside this process have no link that could be cut. */
function remoteSeats({ seats }: SolutionCentre): { socket: { cut(): void; disconnect(): void } }[] {
  return [...seats].filter(({ socket }) => !socket.id.startsWith("local-"));
}

async function listen(
  centre: SolutionCentre,
  network: SolutionNetwork,
  { socketIo = 4, transports, ping }: ChatSolutionSandboxOptions,
  wanted: number,
): Promise<Listening> {
  const app = createSolutionControl(centre, network).route("/", createSolutionRest(centre));
  const listener = getRequestListener(app.fetch);
  const server = createServer((request, response) => void listener(request, response));
  const links = trackLinks(server, "/socket.io");
  const sockets = await openSolutionServer(server, {
    socketIo,
    ...(transports && { transports }),
    ...(ping && { ping }),
    admit(decide) {
      const fault = centre.faults.handshakes.shift();
      if (fault !== "hang") decide(fault?.refuse);
    },
    onConnection: (socket) => centre.connect(socket),
  });
  return { server, links, sockets, port: await listenOnLoopback(server, wanted) };
}
