import { once } from "node:events";
import { WebSocket } from "ws";

/** Somebody who talks in a room, as cheaply as possible: no XML is parsed. */
export interface BenchAgent {
  /** Joins a room, once for all later messages. */
  join(room: string): Promise<void>;
  /** Says `text` so many times at once. */
  burst(room: string, text: string, count: number): void;
  /** Says `count` messages that carry the time they were sent, evenly `perSecond`. */
  steady(room: string, count: number, perSecond: number): Promise<void>;
  close(): void;
}

/** The measuring process's clock, milliseconds since 1970 with fractions. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** Logs in over WebSocket with SASL PLAIN. */
export async function startAgent(login: {
  wsUrl: string;
  domain: string;
  username: string;
  password: string;
}): Promise<BenchAgent> {
  const { wsUrl, domain, username, password } = login;
  const socket = new WebSocket(wsUrl, "xmpp", { perMessageDeflate: false });
  let waiting: { pattern: RegExp; resolve: () => void } | undefined;
  socket.on("message", (data: Buffer) => {
    if (waiting?.pattern.test(data.toString("utf8"))) waiting.resolve();
  });
  await once(socket, "open");
  const say = (xml: string, pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      waiting = {
        pattern,
        resolve: () => {
          waiting = undefined;
          resolve();
        },
      };
      socket.send(xml);
    });
  const open = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${domain}' version='1.0'/>`;
  const plain = Buffer.from(`\0${username}\0${password}`).toString("base64");
  await say(open, /<mechanisms/);
  await say(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`, /<success/);
  await say(open, /xmpp-bind/);
  await say(
    "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    /id='b'/,
  );
  let sent = 0;
  const message = (room: string, text: string): void => {
    const id = `m${++sent}`;
    socket.send(
      `<message xmlns='jabber:client' to='${room}' type='groupchat' id='${id}'><body>${text}</body>` +
        `<origin-id xmlns='urn:xmpp:sid:0' id='${id}'/><markable xmlns='urn:xmpp:chat-markers:0'/>` +
        `<active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    );
  };
  return {
    join: (room) =>
      say(
        `<presence xmlns='jabber:client' to='${room}/Asha'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
        /<subject/,
      ),
    burst(room, text, count) {
      for (let index = 0; index < count; index++) message(room, text);
    },
    async steady(room, count, perSecond) {
      const startedAt = performance.now();
      for (let index = 0; index < count; index++) {
        const waitMs = startedAt + (index * 1_000) / perSecond - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        message(room, `timed ${clock()}`);
      }
    },
    close: () => socket.terminate(),
  };
}
