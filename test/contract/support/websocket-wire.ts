import { WebSocket } from "ws";
import { parseXml } from "../../../adapters/xmpp-muc/index.ts";
import { createTcpDelayProxy } from "../../../sandbox/faults/tcp-delay-proxy.ts";
import { LossList, type Wire } from "./wire.ts";

/** A WebSocket through a TCP proxy, whose connections can be reset or frozen; frames get lost on arrival. Node only. */
export async function websocketWire(wsUrl: string): Promise<Wire> {
  const proxy = await createTcpDelayProxy({ target: wsUrl });
  const losses = new LossList();

  class LossySocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      // As in browsers: each message in a task of its own.
      super(url, protocols, { allowSynchronousEvents: false });
    }
    override emit(event: string | symbol, ...args: unknown[]): boolean {
      if (event === "message" && !losses.isEmpty && losses.takes(parseXml(String(args[0])))) return false;
      return super.emit(event, ...args);
    }
  }

  return {
    options: { websocketUrl: proxy.via(wsUrl), WebSocket: LossySocket },
    get open() {
      return proxy.counts.open;
    },
    hang: () => {
      proxy.behaviour = "freeze";
    },
    loseNext: (fits) => losses.add(fits),
    cut: () => {
      proxy.cut();
      return Promise.resolve();
    },
    close: () => proxy.close(),
  };
}
