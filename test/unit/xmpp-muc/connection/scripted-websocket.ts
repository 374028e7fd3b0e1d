import { parseXml, type XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";

/** A server of RFC 7395 that says only what a test tells it to. */
export interface ScriptedWebSocketServer {
  /** For the option `WebSocket`. */
  readonly WebSocket: new (url: string, protocols: string[]) => EventTarget;
  /** Everything that clients said, oldest first. */
  readonly heard: XmlElement[];
  /** How many sockets were opened. */
  readonly opened: number;
  /** Breaks the connection that is open now. */
  cut(): void;
}

/** @param answer what to say to one frame, one frame a task. */
export function scriptedWebSocketServer(answer: (frame: XmlElement) => string[]): ScriptedWebSocketServer {
  const heard: XmlElement[] = [];
  const sockets: EventTarget[] = [];
  const emit = (socket: EventTarget | undefined, type: string, facts: object = {}): void =>
    void socket?.dispatchEvent(Object.assign(new Event(type), facts));
  const reply = async (socket: EventTarget, frame: string): Promise<void> => {
    const element = parseXml(frame);
    heard.push(element);
    for (const data of answer(element)) {
      await new Promise(setImmediate);
      emit(socket, "message", { data });
    }
  };
  class Socket extends EventTarget {
    constructor() {
      super();
      sockets.push(this);
      setImmediate(() => emit(this, "open"));
    }
    send(frame: string): void {
      void reply(this, frame);
    }
    close(): void {
      setImmediate(() => emit(this, "close", { wasClean: true }));
    }
  }
  return {
    WebSocket: Socket,
    heard,
    get opened() {
      return sockets.length;
    },
    cut: () => emit(sockets.at(-1), "close", { wasClean: false }),
  };
}
