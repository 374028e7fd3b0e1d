import { connect, createServer, type Socket } from "node:net";
import {
  drip,
  openProxy,
  proxyParts,
  type FaultProxy,
  type FaultProxyOptions,
  type ProxyParts,
} from "./fault-proxy.ts";
import type { PlannedFault, TcpFaultKind } from "./fault-plan.ts";

/**
 * A TCP proxy on loopback that breaks connections by a plan: WebSocket, or any other stream. TCP neither doubles nor
 * reorders; what a WebSocket meets is delay, silence, a cut in the middle of a frame, and a server that is away.
 *
 * ```ts
 * const plan = createFaultPlan({ seed: 7, mean: 40, kinds: TCP_FAULT_KINDS });
 * const proxy = await createTcpFaultProxy({ target: prosody.wsUrl, plan });
 * // connect a client to proxy.url
 * ```
 */
export async function createTcpFaultProxy(options: FaultProxyOptions<TcpFaultKind>): Promise<FaultProxy<TcpFaultKind>> {
  const parts = proxyParts(options);
  const links = new Set<FaultyLink>();
  const outage = { until: 0 };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    client.on("error", () => {});
    if (performance.now() < outage.until) return void client.resetAndDestroy();
    const link = new FaultyLink(parts, client, options.halfOpenMs, () => {
      links.delete(link);
      parts.counts.open--;
    });
    link.onOutage = (ms) => {
      outage.until = performance.now() + ms;
      for (const each of links) each.cut();
    };
    links.add(link);
    parts.counts.open++;
    return undefined;
  });
  return openProxy(parts, server, options.port, {
    cut: () => {
      for (const link of links) link.cut();
    },
    quieted: () => {
      outage.until = 0;
      // A dead connection does not come back to life; but from here on it is known to be dead.
      for (const link of links) if (link.dead) link.cut();
    },
    closed: () => {},
  });
}

/** One proxied connection. */
class FaultyLink {
  /** Nothing moves any more. */
  dead = false;
  onOutage: (ms: number) => void = () => {};
  readonly #parts: ProxyParts<TcpFaultKind>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #onClose: () => void;
  readonly #halfOpenMs: number | undefined;
  #closed = false;

  constructor(parts: ProxyParts<TcpFaultKind>, client: Socket, halfOpenMs: number | undefined, onClose: () => void) {
    this.#parts = parts;
    this.#halfOpenMs = halfOpenMs;
    this.#client = client;
    this.#onClose = onClose;
    const { hostname, port } = parts.target;
    this.#server = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
    this.#watch(client);
    this.#watch(this.#server);
    this.#lane(client, this.#server, "to the server");
    this.#lane(this.#server, client, "to the client");
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  #watch(socket: Socket): void {
    socket.on("error", () => this.cut());
    socket.once("close", () => {
      // Whoever vanished without a FIN takes the other side along; a FIN travels through its lane.
      if (!socket.readableEnded || this.dead) this.cut();
      if (this.#closed || !this.#client.destroyed || !this.#server.destroyed) return;
      this.#closed = true;
      this.#onClose();
    });
  }

  /** One direction: pieces leave in order, each after what is done to the one before. */
  #lane(from: Socket, to: Socket, direction: string): void {
    let last: Promise<void> = Promise.resolve();
    from.on("data", (bytes: Buffer) => {
      this.#parts.counts.seen++;
      const fault = this.#parts.schedule.next(`${bytes.length} bytes ${direction}`);
      last = last.then(() => this.#pass(bytes, to, fault));
    });
    from.once("end", () => {
      last = last.then(() => {
        if (!this.dead && !to.destroyed) to.end();
      });
    });
  }

  async #pass(bytes: Buffer, to: Socket, fault: PlannedFault<TcpFaultKind> | undefined): Promise<void> {
    if (this.dead || to.destroyed) return undefined;
    const { pauses } = this.#parts;
    if (!fault) return void to.write(bytes);
    const some = bytes.subarray(0, Math.floor(fault.part * bytes.length));
    switch (fault.kind) {
      case "half-open":
        this.dead = true;
        if (this.#halfOpenMs === undefined) return undefined;
        await pauses.wait(this.#halfOpenMs);
        this.cut();
        return undefined;
      case "delay":
        await pauses.wait(fault.ms);
        // Who has gone meanwhile misses nothing.
        to.write(bytes);
        return undefined;
      case "slow":
        await drip(
          bytes,
          fault.ms,
          pauses,
          (piece) => void to.write(piece),
          () => to.destroyed,
        );
        return undefined;
      case "reset":
        to.write(some, () => this.cut());
        return undefined;
      case "truncate":
        this.dead = true;
        to.end(some);
        // The side that spoke is told as well, or it would wait for an answer.
        (to === this.#client ? this.#server : this.#client).end();
        return undefined;
      case "outage":
        this.onOutage(fault.ms);
        return undefined;
    }
  }
}
