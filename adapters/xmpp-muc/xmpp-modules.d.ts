// The packages of xmpp.js carry no types. DefinitelyTyped's declare a global JSX namespace, which would clash with a
// page's React or Lit, and lack the members that a transport needs; so what this adapter touches is declared here.

declare module "@xmpp/xml" {
  export class Parser {
    write(data: string): void;
    end(data?: string): void;
    on(event: string, listener: (...args: never[]) => void): void;
    emit(event: string, ...args: unknown[]): boolean;
    onStartElement(name: string, attrs: Record<string, string>): void;
    onEndElement(name: string): void;
    onText(text: string): void;
  }
  export const Element: new (name: string, attrs?: Record<string, string>) => import("./xml.ts").XmlElement;
  export default function xml(
    name: string,
    attrs: Record<string, string>,
    ...children: (import("./xml.ts").XmlElement | string)[]
  ): import("./xml.ts").XmlElement;
}

declare module "@xmpp/events" {
  export class EventEmitter {
    on(event: string, listener: (...args: never[]) => void): this;
    emit(event: string, ...args: unknown[]): boolean;
    removeAllListeners(): this;
  }
}

declare module "@xmpp/connection" {
  export default class Connection {
    NS: string;
    Socket: unknown;
    Parser: unknown;
    root: import("./xml.ts").XmlElement | null;
    constructor(options?: Record<string, unknown>);
    send(element: import("./xml.ts").XmlElement): Promise<void>;
    socketParameters(service: string): unknown;
    headerElement(): import("./xml.ts").XmlElement;
    footerElement(): import("./xml.ts").XmlElement;
  }
}

declare module "@xmpp/websocket/lib/Connection.js" {
  import Connection from "@xmpp/connection";

  export default class ConnectionWebSocket extends Connection {
    sendMany(elements: import("./xml.ts").XmlElement[]): Promise<void>;
  }
}

declare module "@xmpp/websocket/lib/Socket.js" {
  import { EventEmitter } from "@xmpp/events";

  export default class Socket extends EventEmitter {
    url: string | null;
    secure: boolean;
    readonly socket: { close(): void; terminate?(): void } | null;
    connect(url: string): void;
    write(data: string, written?: (error?: Error) => void): void;
    end(): void;
    _attachSocket(socket: unknown): void;
  }
}

declare module "@xmpp/client-core/lib/Client.js" {
  export default class Client {
    readonly transports: unknown[];
    readonly socket: import("./connection/xmpp-entity.ts").XmppSocket | null;
    readonly parser: { emit(event: "end"): boolean } | null;
    readonly Parser: new () => object;
    _status(status: string): void;
    _attachParser(parser: object): void;
    constructor(options: { domain: string; lang?: string | undefined; timeout: number });
    connect(service: string): Promise<void>;
    open(options: { domain: string; lang?: string | undefined }): Promise<unknown>;
    restart(): Promise<unknown>;
    disconnect(): Promise<unknown>;
    headerElement(): import("./xml.ts").XmlElement;
    isSecure(): boolean;
    on(event: string, listener: (...args: never[]) => void): void;
    emit(event: string, ...args: unknown[]): boolean;
    send(element: import("./xml.ts").XmlElement): Promise<void>;
  }
}
