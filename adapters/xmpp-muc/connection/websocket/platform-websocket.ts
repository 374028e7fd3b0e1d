import type { WebSocketConstructor } from "./websocket-transport.ts";

/**
 * The platform's `WebSocket`, or in Node 20, which has none, the one of the package `ws`.
 * @returns `undefined` when there is neither: install `ws`.
 */
export async function platformWebSocket(): Promise<WebSocketConstructor | undefined> {
  if (typeof globalThis.WebSocket === "function") return globalThis.WebSocket;
  // A computed specifier: bundlers must not pull a Node package into a page.
  const name = "ws";
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package's documented export
    const { WebSocket } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as {
      WebSocket: new (url: string, protocols: string[], options: { allowSynchronousEvents: boolean }) => object;
    };
    // By default ws emits all messages of one read in one task. Browsers give each its own, and so must we.
    return class NodeWebSocket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { allowSynchronousEvents: false });
      }
    };
  } catch {
    return undefined;
  }
}
