import { xml, type XmppClient, type XmppElement } from "@xmpp/client";
import { ChatError } from "../../src/transport/errors.ts";
import { writePayload, type AgentDialect, type AgentFile, type AgentPayload } from "./agent-payloads.ts";
import { uploadFile, type AgentUpload } from "./agent-upload.ts";

/** A groupchat stanza as the agent saw it. */
export interface SeenMessage {
  /** The sender's id. */
  id: string | undefined;
  /** The room's id (XEP-0359). */
  stanzaId: string | undefined;
  nick: string;
  body: string | undefined;
  /** Whether the agent itself had sent it. */
  mine: boolean;
  /** The whole stanza. */
  xml: string;
}

/** How an agent ends a chat: see `exochat` payloads; `bodyless-stored` carries a store hint, `destroy` removes the room. */
export type EndChatHow = "message" | "bodyless" | "bodyless-stored" | "destroy";

/** Details of {@link AgentSeat.endChat}. */
export interface EndChat {
  /** Default `message`: with a body, so that it is in the history. */
  how?: EndChatHow;
  chatId?: string;
  interactionId?: string;
  text?: string;
}

/** An agent in one room. Everything that sends resolves when the room has reflected it, with the message's id. */
export interface AgentSeat {
  readonly roomJid: string;
  readonly nick: string;
  /** Everything the room has sent since the join, oldest first, history included. */
  readonly seen: readonly SeenMessage[];
  say(text: string, options?: { role?: string; subtype?: string; id?: string; replyTo?: string }): Promise<string>;
  /** XEP-0085. */
  chatState(state: "active" | "composing" | "paused" | "inactive" | "gone"): Promise<string>;
  /** Uploads for real (XEP-0363) and says so in the room. */
  sendFile(file: AgentUpload & { caption?: string }): Promise<{ id: string; file: AgentFile }>;
  sendForm(form: unknown, text?: string): Promise<string>;
  /** XEP-0333; default: the customer's last message, by the id its sender gave. */
  markDisplayed(id?: string): Promise<string>;
  /** XEP-0184; default: the customer's last message. */
  sendReceipt(id?: string): Promise<string>;
  /** XEP-0444 by the room's id; default: the customer's last message. An empty list takes reactions back. */
  react(emoji: readonly string[], stanzaId?: string): Promise<string>;
  /** XEP-0308; default: the agent's own last message. */
  edit(text: string, id?: string): Promise<string>;
  /** XEP-0424 by the room's id; default: the agent's own last message. */
  retract(stanzaId?: string): Promise<string>;
  /** Announces the end with interaction data, or destroys the room. Resolves with the ids used. */
  endChat(end?: EndChat): Promise<{ chatId: string; interactionId: string }>;
  /** Any children in a groupchat message. */
  sendRaw(...children: XmppElement[]): Promise<string>;
  leave(): Promise<void>;
}

interface SeatOptions {
  xmpp: XmppClient;
  roomJid: string;
  nick: string;
  uploadDomain: string;
  dialect: () => AgentDialect;
  onLeft: () => void;
}

const NS_MUC = "http://jabber.org/protocol/muc";

/** Enters a room. @throws ChatError `refused` with the room's condition. */
export async function createSeat(options: SeatOptions): Promise<AgentSeat> {
  const { xmpp, roomJid, nick, uploadDomain, dialect } = options;
  const room = watchRoom(options);
  const entered = room.until((stanza) => stanza.is("presence") && stanza.attrs["from"] === `${roomJid}/${nick}`);
  await xmpp.send(xml("presence", { to: `${roomJid}/${nick}` }, xml("x", { xmlns: NS_MUC })));
  const answer = await entered;
  if (answer.attrs["type"] === "error") {
    room.stop();
    throw new ChatError("refused", `The room ${roomJid} does not let ${nick} in: ${answer.toString()}`);
  }
  const sendRaw = async (...children: XmppElement[]): Promise<string> => sendWithId(crypto.randomUUID(), children);
  const sendWithId = async (id: string, children: XmppElement[]): Promise<string> => {
    const reflected = room.until((stanza) => stanza.is("message") && stanza.attrs["id"] === id);
    await xmpp.send(xml("message", { type: "groupchat", to: roomJid, id }, ...children));
    const seen = await reflected;
    if (seen.attrs["type"] === "error")
      throw new ChatError("refused", `The room refused a message: ${seen.toString()}`);
    return id;
  };
  const payload = (part: AgentPayload): XmppElement[] => writePayload(dialect(), { userRole: "agent", ...part });
  const last = (mine: boolean, key: "id" | "stanzaId"): string => {
    const found = room.seen.findLast((message) => message.mine === mine && message.body !== undefined)?.[key];
    if (found === undefined) throw new ChatError("not-found", `There is no message with a ${key} to refer to.`);
    return found;
  };
  return {
    roomJid,
    nick,
    seen: room.seen,
    sendRaw,
    say: (text, { role = "agent", subtype = "NORMAL_TEXT_MSG", id, replyTo } = {}) => {
      const reply =
        replyTo === undefined ? [] : [xml("reply", { xmlns: "urn:xmpp:reply:0", to: roomJid, id: replyTo })];
      const children = [
        xml("body", {}, text),
        ...payload({ userRole: role, subtype }),
        ...reply,
        markable(),
        wantReceipt(),
      ];
      return sendWithId(id ?? crypto.randomUUID(), children);
    },
    chatState: (state) => sendRaw(xml(state, { xmlns: "http://jabber.org/protocol/chatstates" })),
    sendFile: async (upload) => {
      const file = await uploadFile(xmpp, uploadDomain, upload);
      const oob = xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, file.url));
      const body = xml("body", {}, upload.caption ?? file.url);
      const id = await sendRaw(body, ...payload({ subtype: "MEDIA_MSG", files: [file] }), oob, markable());
      return { id, file };
    },
    sendForm: (form, text = "Please fill in the form.") =>
      sendRaw(xml("body", {}, text), ...payload({ subtype: "FORM_MSG", form })),
    markDisplayed: async (id) =>
      sendRaw(xml("displayed", { xmlns: "urn:xmpp:chat-markers:0", id: id ?? last(false, "id") })),
    sendReceipt: async (id) => sendRaw(xml("received", { xmlns: "urn:xmpp:receipts", id: id ?? last(false, "id") })),
    react: async (emoji, stanzaId) => {
      const id = stanzaId ?? last(false, "stanzaId");
      const reactions = emoji.map((one) => xml("reaction", {}, one));
      return sendRaw(xml("reactions", { xmlns: "urn:xmpp:reactions:0", id }, ...reactions), store());
    },
    edit: async (text, id) =>
      sendRaw(
        xml("body", {}, text),
        ...payload({}),
        xml("replace", { xmlns: "urn:xmpp:message-correct:0", id: id ?? last(true, "id") }),
      ),
    retract: async (stanzaId) =>
      sendRaw(
        xml("retract", { xmlns: "urn:xmpp:message-retract:1", id: stanzaId ?? last(true, "stanzaId") }),
        xml("fallback", { xmlns: "urn:xmpp:fallback:0", for: "urn:xmpp:message-retract:1" }),
        xml("body", {}, "A message was withdrawn."),
        store(),
      ),
    endChat: async ({ how = "message", text = "The chat was closed.", ...ids } = {}) => {
      const interactionData = {
        chatId: ids.chatId ?? `CH-${crypto.randomUUID().slice(0, 8)}`,
        interactionId: ids.interactionId ?? `IN-${crypto.randomUUID().slice(0, 8)}`,
      };
      if (how === "destroy") {
        const destroy = xml("destroy", {}, xml("reason", {}, text));
        await xmpp.iqCaller.request(
          xml("iq", { type: "set", to: roomJid }, xml("query", { xmlns: `${NS_MUC}#owner` }, destroy)),
        );
        room.stop();
        return interactionData;
      }
      const children = payload({ chatEnded: true, interactionData });
      if (how === "message") children.unshift(xml("body", {}, text));
      if (how !== "bodyless") children.push(store());
      await sendRaw(...children);
      return interactionData;
    },
    leave: async () => {
      const left = room.until((stanza) => stanza.is("presence") && stanza.attrs["type"] === "unavailable");
      await xmpp.send(xml("presence", { to: `${roomJid}/${nick}`, type: "unavailable" }));
      await left;
      room.stop();
    },
  };
}

const markable = (): XmppElement => xml("markable", { xmlns: "urn:xmpp:chat-markers:0" });
const wantReceipt = (): XmppElement => xml("request", { xmlns: "urn:xmpp:receipts" });
const store = (): XmppElement => xml("store", { xmlns: "urn:xmpp:hints" });

interface RoomWatch {
  seen: SeenMessage[];
  /** The next stanza of the room that matches. @throws ChatError `timed-out` after 10 s. */
  until(matches: (stanza: XmppElement) => boolean): Promise<XmppElement>;
  stop(): void;
}

function watchRoom({ xmpp, roomJid, nick, onLeft }: SeatOptions): RoomWatch {
  const seen: SeenMessage[] = [];
  const waiting = new Set<(stanza: XmppElement) => void>();
  const listen = (stanza: XmppElement): void => {
    const [room, from] = splitJid(stanza.attrs["from"] ?? "");
    if (room !== roomJid) return;
    if (stanza.is("message") && stanza.attrs["type"] === "groupchat")
      seen.push(readMessage(stanza, roomJid, from, nick));
    const own = stanza.is("presence") && from === nick && stanza.attrs["type"] === "unavailable";
    for (const look of waiting) look(stanza);
    if (own) stop();
  };
  const stop = (): void => {
    xmpp.removeListener("stanza", listen);
    onLeft();
  };
  xmpp.on("stanza", listen);
  const until: RoomWatch["until"] = (matches) =>
    new Promise((resolve, reject) => {
      const look = (stanza: XmppElement): void => {
        if (!matches(stanza)) return;
        waiting.delete(look);
        clearTimeout(timer);
        resolve(stanza);
      };
      waiting.add(look);
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new ChatError("timed-out", `The room ${roomJid} did not answer ${nick} within 10 s.`));
      }, 10_000);
    });
  return { seen, until, stop };
}

function splitJid(jid: string): [bare: string, resource: string] {
  const slash = jid.indexOf("/");
  return slash < 0 ? [jid, ""] : [jid.slice(0, slash), jid.slice(slash + 1)];
}

function readMessage(stanza: XmppElement, roomJid: string, from: string, nick: string): SeenMessage {
  const ids = stanza.getChildren("stanza-id", "urn:xmpp:sid:0");
  return {
    id: stanza.attrs["id"],
    stanzaId: ids.find(({ attrs }) => attrs["by"] === roomJid)?.attrs["id"],
    nick: from,
    body: stanza.getChildText("body") ?? undefined,
    mine: from === nick,
    xml: stanza.toString(),
  };
}
