import type { Server as HttpServer } from "node:http";

/** One connection, whatever the version of socket.io. */
export interface SolutionSocket {
  readonly id: string;
  /** Emits an event. With `onAck` the client is asked to acknowledge it. */
  emit(name: string, payload: unknown, onAck?: () => void): void;
  /** Says goodbye and closes. */
  disconnect(): void;
  /** Closes without a word. */
  cut(): void;
}

/** Answers an event, where the client has asked for it. */
export type Acknowledge = (answer: unknown) => void;

/** Who is told what happens on a connection. */
export interface SolutionListener {
  onEvent(name: string, payload: unknown, ack: Acknowledge | undefined): void;
  onClosed(): void;
}

/** How a socket.io server is opened. */
export interface SolutionServerOptions {
  /** Major version: 2 speaks Engine.IO 3, 4 speaks Engine.IO 4 alone. */
  socketIo: 2 | 4;
  transports?: readonly ("polling" | "websocket")[];
  ping?: { intervalMs: number; timeoutMs: number };
  /** Lets a connection in, refuses it with a text, or never calls back. */
  admit: (decide: (refusal: string | undefined) => void) => void;
  onConnection: (socket: SolutionSocket) => SolutionListener;
}

/** A socket.io server. */
export interface SolutionServer {
  /** Connections that are up. */
  readonly connections: number;
  /** Stops it, and the HTTP server that it is attached to. */
  close(): Promise<void>;
}

/** What both versions have in common, as far as it is used. */
interface RawSocket {
  readonly id: string;
  readonly conn: { close(discard?: boolean): unknown };
  emit(name: string, ...values: unknown[]): unknown;
  on(name: "disconnect", listener: () => void): unknown;
  use(taker: (packet: unknown[], next: () => void) => void): unknown;
  disconnect(close: boolean): unknown;
}

const PATH = "/socket.io";

/** Opens the server of the wanted version on an HTTP server. The library is loaded late: who wants the other needs only that. */
export async function openSolutionServer(server: HttpServer, options: SolutionServerOptions): Promise<SolutionServer> {
  return options.socketIo === 2 ? openVersion2(server, options) : openVersion4(server, options);
}

async function openVersion2(server: HttpServer, options: SolutionServerOptions): Promise<SolutionServer> {
  const { default: createServer } = await import("socket.io-2");
  const io = createServer({ serveClient: false });
  // Before it is attached: from then on it greets without asking anybody.
  io.use((_socket, next) => options.admit((refusal) => next(toError(refusal))));
  io.on("connection", (socket) => serve(socket, options));
  io.attach(server, { path: PATH, cookie: false, ...engineOptions(options) });
  return {
    get connections() {
      return io.eio.clientsCount;
    },
    close: () => new Promise((resolve) => io.close(() => resolve())),
  };
}

async function openVersion4(server: HttpServer, options: SolutionServerOptions): Promise<SolutionServer> {
  const { Server } = await import("socket.io");
  const io = new Server(server, {
    path: PATH,
    cors: { origin: "*" },
    serveClient: false,
    ...engineOptions(options),
  });
  io.use((_socket, next) => options.admit((refusal) => next(toError(refusal))));
  io.on("connection", (socket) => serve(socket, options));
  return {
    get connections() {
      return io.engine.clientsCount;
    },
    close: () => io.close(),
  };
}

function engineOptions({ transports, ping }: SolutionServerOptions): {
  transports?: ("polling" | "websocket")[];
  pingInterval?: number;
  pingTimeout?: number;
} {
  return {
    ...(transports && { transports: [...transports] }),
    ...(ping && { pingInterval: ping.intervalMs, pingTimeout: ping.timeoutMs }),
  };
}

function toError(refusal: string | undefined): Error | undefined {
  return refusal === undefined ? undefined : new Error(refusal);
}

/** Middleware sees every event, of any name, with its acknowledgement last; nothing goes further. */
function serve(raw: RawSocket, { onConnection }: SolutionServerOptions): void {
  const listener = onConnection({
    id: raw.id,
    emit: (name, payload, onAck) => void (onAck ? raw.emit(name, payload, onAck) : raw.emit(name, payload)),
    disconnect: () => void raw.disconnect(true),
    cut: () => void raw.conn.close(true),
  });
  raw.use((packet) => {
    const [name, payload] = packet;
    const last = packet.at(-1);
    listener.onEvent(String(name), payload, isAcknowledge(last) ? last : undefined);
  });
  raw.on("disconnect", () => listener.onClosed());
}

function isAcknowledge(value: unknown): value is Acknowledge {
  return typeof value === "function";
}
