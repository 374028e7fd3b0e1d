import { EventEmitter } from "@xmpp/events";
import ConnectionWebSocket from "@xmpp/websocket/lib/Connection.js";
import Socket from "@xmpp/websocket/lib/Socket.js";
import { parseXml, type XmlElement } from "../../xml.ts";
import { isLoopbackHost } from "../../../../src/kit/secure-url.ts";
import type { XmppEntity } from "../xmpp-entity.ts";

const NS_FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";

/** A constructor like the platform's `WebSocket`. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => unknown;

/** RFC 7395: one complete element per frame, so each frame is a document. One parser per stream. */
class FrameParser extends EventEmitter {
  write(frame: string): void {
    let element: XmlElement;
    try {
      element = parseXml(frame);
    } catch (error) {
      this.emit("error", error);
      return;
    }
    if (element.getNS() !== NS_FRAMING) this.emit("element", element);
    else if (element.name === "open") this.emit("start", element);
    else if (element.name === "close") this.emit("end", element);
  }

  end(): void {
    // Nothing is kept between frames.
  }
}

/**
 * Gives an xmpp.js client a WebSocket transport (RFC 7395) that uses the given constructor instead of a global.
 * It takes `ws:` and `wss:` services.
 */
export function websocket({ entity }: { entity: XmppEntity }, WebSocket: WebSocketConstructor): void {
  class GivenSocket extends Socket {
    override connect(url: string): void {
      this.url = url;
      const { protocol, hostname } = new URL(url);
      this.secure = protocol === "wss:" || isLoopbackHost(hostname);
      this._attachSocket(new WebSocket(url, ["xmpp"]));
    }
    override end(): void {
      // xmpp.js closes after a stream error, when the server has often closed already.
      if (this.socket) super.end();
    }
    override emit(event: string, ...args: unknown[]): boolean {
      // Once a stream has ended, or a frame was no XML, xmpp.js 0.14.0 has no parser and throws at whatever still comes.
      return event === "data" && !entity.parser ? false : super.emit(event, ...args);
    }
    abandon(): void {
      // ws waits 30 s for a lost server's goodbye; browsers do their own waiting.
      const { socket } = this;
      if (socket?.terminate) socket.terminate();
      else socket?.close();
    }
    override write(data: string, written?: (error?: Error) => void, onSent?: () => void): void {
      super.write(data, (error) => {
        if (!error) onSent?.();
        written?.(error);
      });
    }
  }
  class GivenWebSocketConnection extends ConnectionWebSocket {}
  Object.assign(GivenWebSocketConnection.prototype, { Socket: GivenSocket, Parser: FrameParser });
  entity.transports.push(GivenWebSocketConnection);
}
