import { connect, createServer, type Server, type Socket } from "node:net";

/** What a new connection meets. */
export type TcpBehaviour =
  /** Connected to the target. */
  | "forward"
  /** Accepted and closed at once. */
  | "refuse"
  /** Accepted, and then nothing ever moves. */
  | "freeze";

/** A running delay proxy. */
export interface TcpDelayProxy {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Milliseconds that every byte waits, in each direction. Changing it never reorders bytes. */
  delayMs: number;
  /** What new connections meet. */
  behaviour: TcpBehaviour;
  /** While true no byte moves in any direction on open connections; what came meanwhile follows afterwards. */
  frozen: boolean;
  readonly counts: {
    /** Connections accepted since the start. */
    connections: number;
    /** Connections open now. */
    open: number;
    bytesToTarget: number;
    bytesToClient: number;
  };
  /** The same address behind the proxy: `url` with the proxy's host and port. */
  via(url: string): string;
  /** Cuts every open connection (reset), both sides. */
  cut(): void;
  close(): Promise<void>;
}

/** Options of {@link createTcpDelayProxy}. */
export interface TcpDelayProxyOptions {
  /** Where connections go: `host:port`, or any URL with a port. */
  target: string;
  delayMs?: number;
  /** Default: any free one. */
  port?: number;
}

/**
 * A TCP proxy on loopback that adds latency and breaks connections, for any protocol. `delayMs: 50` adds 100 ms to
 * every round trip; bandwidth is not limited, and opening a connection costs no delay of its own.
 */
export async function createTcpDelayProxy(options: TcpDelayProxyOptions): Promise<TcpDelayProxy> {
  const target = new URL(options.target.includes("://") ? options.target : `tcp://${options.target}`);
  const links = new Set<Link>();
  let frozen = false;
  const counts = { connections: 0, open: 0, bytesToTarget: 0, bytesToClient: 0 };
  const proxy: TcpDelayProxy = {
    host: "127.0.0.1",
    get port() {
      return portOf(server);
    },
    delayMs: options.delayMs ?? 0,
    behaviour: "forward",
    get frozen() {
      return frozen;
    },
    set frozen(value) {
      frozen = value;
      if (!value) for (const link of links) link.wake();
    },
    counts,
    via: (url) => {
      const changed = new URL(url);
      changed.hostname = "127.0.0.1";
      changed.port = String(portOf(server));
      return changed.href;
    },
    cut: () => {
      for (const link of links) link.cut();
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const link of links) link.cut();
      }),
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    counts.connections++;
    if (proxy.behaviour === "refuse") return void client.resetAndDestroy();
    const link = new Link(proxy, client, proxy.behaviour === "forward" ? target : undefined);
    links.add(link);
    counts.open++;
    link.onClose = () => {
      if (links.delete(link)) counts.open--;
    };
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return proxy;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** One proxied connection. */
class Link {
  onClose: () => void = () => {};
  readonly #client: Socket;
  readonly #server: Socket | undefined;
  readonly #lanes: Lane[] = [];

  constructor(proxy: TcpDelayProxy, client: Socket, target: URL | undefined) {
    this.#client = client;
    this.#watch(client);
    if (!target) {
      // Read, or its end would never be noticed.
      client.resume();
      client.once("end", () => client.destroy());
      return;
    }
    const server = connect({ host: target.hostname, port: Number(target.port), noDelay: true, allowHalfOpen: true });
    this.#server = server;
    this.#watch(server);
    const { counts } = proxy;
    this.#lanes = [
      new Lane(proxy, client, server, (bytes) => (counts.bytesToTarget += bytes)),
      new Lane(proxy, server, client, (bytes) => (counts.bytesToClient += bytes)),
    ];
  }

  wake(): void {
    for (const lane of this.#lanes) lane.wake();
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#server?.resetAndDestroy();
  }

  #watch(socket: Socket): void {
    socket.on("error", () => this.cut());
    socket.once("close", () => {
      if (this.#client.destroyed && this.#server?.destroyed !== false) this.onClose();
      // A side that vanished without a FIN takes the other with it; a FIN travels through its lane.
      if (!socket.readableEnded) this.cut();
    });
  }
}

/** One direction: pieces leave in order, each not before its time. */
class Lane {
  readonly #proxy: TcpDelayProxy;
  readonly #to: Socket;
  readonly #queue: { dueAt: number; bytes: Buffer | undefined }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(proxy: TcpDelayProxy, from: Socket, to: Socket, count: (bytes: number) => void) {
    this.#proxy = proxy;
    this.#to = to;
    from.on("data", (bytes: Buffer) => {
      count(bytes.length);
      this.#put(bytes);
    });
    from.once("end", () => this.#put(undefined));
    to.once("close", () => clearTimeout(this.#timer));
  }

  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush();
  }

  #put(bytes: Buffer | undefined): void {
    this.#queue.push({ dueAt: performance.now() + this.#proxy.delayMs, bytes });
    if (this.#timer === undefined) this.#flush();
  }

  #flush(): void {
    for (let next = this.#queue[0]; next && !this.#proxy.frozen; next = this.#queue[0]) {
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        // setTimeout may fire up to 1 ms early or late; the loop looks at the clock again.
        this.#timer = setTimeout(() => this.wake(), waitMs);
        return;
      }
      this.#queue.shift();
      if (this.#to.destroyed) continue;
      if (next.bytes) this.#to.write(next.bytes);
      else this.#to.end();
    }
  }
}
