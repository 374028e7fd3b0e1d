/** Where a client under soak connects, and as whom. Plain JSON: it travels into the page. */
export interface SoakPageOptions {
  transport: "bosh" | "websocket";
  /** Of the fault proxy. */
  url: string;
  domain: string;
  username: string;
  password: string;
  /** Bare JID of the room. */
  room: string;
  nick: string;
}

/** What happens in the page, as the measuring process is told. */
export type SoakNews =
  /** The library gave the application a message of the room; own ones included. */
  | { kind: "shown"; text: string; own: boolean }
  /** The library said of an own message that it was not sent. */
  | { kind: "failed"; text: string }
  /** The library's word for where its connection stands. */
  | { kind: "status"; status: "connected" | "reconnecting" };

/** How a client tells what it knows. */
export interface SoakTell {
  /**
   * A message of the room. `id`: the room's (XEP-0359); one that comes again under the same id is left out here, as an
   * application would do.
   */
  shown(text: string, own: boolean, id?: string): void;
  failed(text: string): void;
  /** In the room and able to send, or not. What is to be sent waits until it is. */
  joined(value: boolean): void;
}

/** A client under soak, with its own means against outages. */
export interface SoakClient {
  /** Connects and joins, and keeps on doing so until `stop`. */
  start(options: SoakPageOptions, tell: SoakTell): void;
  /** Only called while joined. */
  send(text: string): void;
  stop(): void;
}

/** What the measuring process calls in the page. */
export interface SoakPage {
  start(options: SoakPageOptions): Promise<void>;
  say(text: string): void;
  stop(): void;
}

declare const soakNews: (news: SoakNews) => Promise<void>;

/**
 * Puts a client into the page, with what a fair application around it would do: it hands over nothing while the library
 * is not in the room, and shows no message twice that has the same id.
 */
export function exposeClient(client: SoakClient): void {
  const waiting: string[] = [];
  const ids = new Set<string>();
  let joined = false;
  let onJoined = (): void => {};

  const tell: SoakTell = {
    shown(text, own, id) {
      if (id !== undefined && ids.has(id)) return;
      if (id !== undefined) ids.add(id);
      void soakNews({ kind: "shown", text, own });
    },
    failed: (text) => void soakNews({ kind: "failed", text }),
    joined(value) {
      if (value === joined) return;
      joined = value;
      void soakNews({ kind: "status", status: value ? "connected" : "reconnecting" });
      if (!value) return;
      onJoined();
      for (const text of waiting.splice(0)) say(text);
    },
  };
  const say = (text: string): void => {
    if (joined) client.send(text);
    else waiting.push(text);
  };
  const page: SoakPage = {
    start: (options) =>
      new Promise((resolve) => {
        onJoined = resolve;
        client.start(options, tell);
      }),
    say,
    stop: () => client.stop(),
  };
  Object.assign(globalThis, { soak: page });
}
