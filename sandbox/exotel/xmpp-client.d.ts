// What the scripted agent uses of @xmpp/client, which carries no types; DefinitelyTyped's declare a global JSX namespace.
declare module "@xmpp/client" {
  export interface XmppElement {
    name: string;
    attrs: Record<string, string | undefined>;
    children: (XmppElement | string)[];
    is(name: string, xmlns?: string): boolean;
    getChild(name: string, xmlns?: string): XmppElement | undefined;
    getChildren(name: string, xmlns?: string): XmppElement[];
    getChildText(name: string, xmlns?: string): string | null;
    text(): string;
    toString(): string;
  }

  export interface XmppClient {
    on(event: "stanza" | "element", listener: (element: XmppElement) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    setMaxListeners(count: number): void;
    removeListener(event: "stanza", listener: (stanza: XmppElement) => void): void;
    start(): Promise<{ toString(): string }>;
    stop(): Promise<unknown>;
    send(element: XmppElement): Promise<void>;
    iqCaller: { request(iq: XmppElement, timeoutMs?: number): Promise<XmppElement> };
    reconnect: { stop(): void };
  }

  export function client(options: {
    service: string;
    domain: string;
    resource?: string;
    credentials: (
      authenticate: (credentials: { username: string; password: string }, mechanism: string) => Promise<void>,
    ) => Promise<void>;
  }): XmppClient;

  export function xml(
    name: string,
    attrs?: Record<string, string | undefined>,
    ...children: (XmppElement | string | undefined)[]
  ): XmppElement;
}
