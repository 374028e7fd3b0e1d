import { WebSocket } from "ws";

/** A client that knows nothing of this project: text frames in, text frames out. */
export interface RawClient {
  /** Full JID. */
  readonly jid: string;
  /** Every frame received, oldest first. */
  readonly frames: readonly string[];
  send(xml: string): void;
  /** The first frame that matches, whether it has come already or is still to come. */
  frame(pattern: RegExp | ((frame: string) => boolean)): Promise<string>;
  /** Sends an iq and resolves with its answer, whatever its type. */
  ask(type: "get" | "set", to: string, payload: string): Promise<string>;
  /** Joins a room and resolves after its subject, with which history ends. */
  join(roomJid: string, nick: string): Promise<void>;
  close(): Promise<void>;
}

/** What a raw client logs in with. */
export interface RawLogin {
  wsUrl: string;
  domain: string;
  username: string;
  password: string;
}

/** Logs in over WebSocket (RFC 7395) with SASL PLAIN and a resource of the server's choice. */
export async function rawClient({ wsUrl, domain, username, password }: RawLogin): Promise<RawClient> {
  const socket = new WebSocket(wsUrl, "xmpp");
  const frames: string[] = [];
  const waiting = new Set<() => void>();
  let ended: Error | undefined;
  const changed = (): void => waiting.forEach((wake) => wake());
  socket.on("message", (data: Buffer) => {
    frames.push(data.toString("utf8"));
    changed();
  });
  const end = (why: string): void => {
    ended ??= new Error(`${why}; received so far:\n${frames.slice(-5).join("\n")}`);
    changed();
  };
  socket.on("close", () => end("the connection was closed"));
  socket.on("error", (error) => end(error.message));
  await new Promise((resolve, reject) => void socket.once("open", resolve).once("error", reject));

  const frameAfter = (from: number, pattern: RegExp | ((frame: string) => boolean)): Promise<string> => {
    const matches = (text: string): boolean => (pattern instanceof RegExp ? pattern.test(text) : pattern(text));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(`nothing matched ${String(pattern)} within 10 s`), 10_000);
      const look = (): void => {
        const found = frames.slice(from).find(matches);
        if (found === undefined && !ended) return;
        waiting.delete(look);
        clearTimeout(timer);
        if (found === undefined) reject(ended ?? new Error("never"));
        else resolve(found);
      };
      waiting.add(look);
      look();
    });
  };
  const open = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${domain}' version='1.0'/>`;
  const say = (xml: string, answer: RegExp): Promise<string> => {
    const answered = frameAfter(frames.length, answer);
    socket.send(xml);
    return answered;
  };
  await say(open, /features/);
  const plain = Buffer.from(`\0${username}\0${password}`).toString("base64");
  const sasl = await say(
    `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`,
    /<(success|failure)/,
  );
  if (!sasl.includes("<success")) throw new Error(sasl);
  await say(open, /features/);
  const ask: RawClient["ask"] = (type, to, payload) => {
    const id = crypto.randomUUID();
    const address = to === "" ? "" : ` to='${to}'`;
    return say(
      `<iq xmlns='jabber:client' type='${type}' id='${id}'${address}>${payload}</iq>`,
      new RegExp(`<iq [^>]*id=['"]${id}['"]`),
    );
  };
  const bound = await ask("set", "", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>");
  const jid = /<jid>(.*?)<\/jid>/.exec(bound)?.[1] ?? "";
  return {
    jid,
    frames,
    frame: (pattern) => frameAfter(0, pattern),
    ask,
    send: (xml) => socket.send(xml),
    join: async (room, nick) => {
      const presence = `<presence xmlns='jabber:client' to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`;
      await say(presence, /<subject/);
    },
    close: () =>
      new Promise((resolve) => {
        if (socket.readyState === WebSocket.CLOSED) return resolve();
        socket.once("close", () => resolve());
        socket.terminate();
        return undefined;
      }),
  };
}
