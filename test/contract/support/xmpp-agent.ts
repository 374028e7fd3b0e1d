import { createXmppConnection, xml, type XmlElement, type XmppConnection } from "../../../adapters/xmpp-muc/index.ts";
import { messageId } from "../../../src/kit/ids.ts";
import type { MessageId } from "../../../src/transport/index.ts";
import type { ServerHandle, TestRoom, TestUser } from "../../integration/servers.ts";
import type { FarChange, FarMark, FarMessage } from "../index.ts";

const NS_MUC = "http://jabber.org/protocol/muc";
const NS_CHAT_STATES = "http://jabber.org/protocol/chatstates";

/** The far end on a real server: an owner of the room who reads stanzas, with no room layer of ours between. */
export class XmppAgent {
  readonly nick: string;
  readonly #connection: XmppConnection;
  readonly #room: string;
  /** Messages of the room since we joined, our own reflected ones too. */
  readonly #messages: XmlElement[] = [];
  readonly #waiting = new Set<() => void>();
  #stanzaIds = false;
  #present = false;

  constructor(connection: XmppConnection, room: string, nick: string) {
    this.nick = nick;
    this.#connection = connection;
    this.#room = room;
    connection.onStanza((stanza) => {
      if (stanza.name === "message" && stanza.attrs["type"] === "groupchat") this.#messages.push(stanza);
      if (stanza.name === "presence" && stanza.attrs["from"] === `${room}/${this.nick}`) this.#present = true;
      for (const look of this.#waiting) look();
    }, room);
  }

  /** Connects over WebSocket and joins. */
  static async join(server: ServerHandle, user: TestUser, room: TestRoom, nick = "Asha"): Promise<XmppAgent> {
    const connection = createXmppConnection({
      domain: server.domain,
      credentials: user,
      websocketUrl: server.wsUrl,
    });
    const agent = new XmppAgent(connection, room.jid, nick);
    await connection.bound();
    const query = xml("query", { xmlns: "http://jabber.org/protocol/disco#info" });
    const info = await connection.request(xml("iq", { type: "get", to: room.jid }, query));
    agent.#stanzaIds = info.toString().includes('"urn:xmpp:sid:0"');
    const x = xml("x", { xmlns: NS_MUC }, xml("history", { maxstanzas: 0 }));
    await connection.send(xml("presence", { to: `${room.jid}/${agent.nick}` }, x));
    await agent.#until(() => agent.#present || undefined);
    return agent;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Full JID. */
  get jid(): string {
    return this.#connection.jid ?? "";
  }

  /** Sends a groupchat message and resolves with the id that others know it by, after the room has reflected it. */
  async say(children: readonly XmlElement[], id: string = crypto.randomUUID()): Promise<MessageId> {
    const from = this.#messages.length;
    await this.#connection.send(xml("message", { to: this.#room, type: "groupchat", id }, ...children));
    const reflection = await this.#until(() =>
      this.#messages.slice(from).find((message) => message.attrs["id"] === id && this.#isOurs(message)),
    );
    return messageId(this.#idOf(reflection) ?? id);
  }

  sayText(text: string, id?: string): Promise<MessageId> {
    return this.say([xml("body", {}, text)], id);
  }

  /** Takes the voice of somebody in the room. */
  async silence(nick: string): Promise<void> {
    // ejabberd listens to visitors unless the room is moderated.
    await this.#admin("owner", moderated());
    await this.#admin("admin", xml("item", { nick, role: "visitor" }));
  }

  async #admin(what: "owner" | "admin", child: XmlElement): Promise<void> {
    const query = xml("query", { xmlns: `${NS_MUC}#${what}` }, child);
    await this.#connection.request(xml("iq", { type: "set", to: this.#room }, query));
  }

  /** Asks the server and waits for the answer: what others did meanwhile has probably been answered, too. */
  async roundTrip(): Promise<void> {
    await this.#connection.request(xml("iq", { type: "get" }, xml("ping", { xmlns: "urn:xmpp:ping" })));
  }

  /** Our last message with a body, as the room sent it. */
  get lastSaid(): XmlElement | undefined {
    return this.#messages.findLast((message) => this.#isOurs(message) && message.getChild("body") !== undefined);
  }

  /** The `id` attribute of the message that others know by this id; it may still be on its way to us. */
  async msgidOf(id: string): Promise<string> {
    const message = await this.#until(() => this.#messages.find((one) => this.#idOf(one) === id));
    return message.attrs["id"] ?? id;
  }

  get sent(): FarMessage[] {
    return this.#fromOthers().filter(isContent).map(toFarMessage);
  }

  get sentStates(): string[] {
    return this.#fromOthers()
      .filter((message) => !isContent(message))
      .flatMap((message) => message.getChildElements())
      .flatMap((child) => (child.attrs["xmlns"] === NS_CHAT_STATES ? [child.name] : []));
  }

  get sentMarks(): FarMark[] {
    return this.#fromOthers().flatMap((message): FarMark[] => {
      const displayed = message.getChild("displayed", "urn:xmpp:chat-markers:0")?.attrs["id"];
      const received = message.getChild("received", "urn:xmpp:receipts")?.attrs["id"];
      if (displayed !== undefined) return [{ kind: "displayed", id: displayed }];
      return received === undefined ? [] : [{ kind: "received", id: this.#byMsgid(received) }];
    });
  }

  get sentChanges(): FarChange[] {
    return this.#fromOthers().flatMap((message): FarChange[] => {
      const replace = message.getChild("replace", "urn:xmpp:message-correct:0")?.attrs["id"];
      const retract = message.getChild("retract", "urn:xmpp:message-retract:1")?.attrs["id"];
      const reactions = message.getChild("reactions", "urn:xmpp:reactions:0");
      if (replace !== undefined)
        return [{ kind: "edited", id: this.#byMsgid(replace), text: message.getChildText("body") ?? "" }];
      if (retract !== undefined) return [{ kind: "retracted", id: retract }];
      if (!reactions) return [];
      const list = reactions.getChildElements().map((reaction) => reaction.getText());
      return [{ kind: "reactions", id: reactions.attrs["id"] ?? "", reactions: list }];
    });
  }

  #fromOthers(): XmlElement[] {
    return this.#messages.filter(({ attrs }) => attrs["from"] !== this.#room && !this.#isOurs({ attrs }));
  }

  #isOurs({ attrs }: Pick<XmlElement, "attrs">): boolean {
    return attrs["from"] === `${this.#room}/${this.nick}`;
  }

  #byMsgid(msgid: string): string {
    const found = this.#messages.find((message) => message.attrs["id"] === msgid);
    return (found && this.#idOf(found)) ?? msgid;
  }

  /** The room's id where it gives one, else the sender's. */
  #idOf(message: XmlElement): string | undefined {
    const given = message
      .getChildElements()
      .find(({ name, attrs }) => name === "stanza-id" && attrs["by"] === this.#room);
    return (this.#stanzaIds ? given?.attrs["id"] : undefined) ?? message.attrs["id"];
  }

  #until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

function moderated(): XmlElement {
  const field = (name: string, value: string): XmlElement => xml("field", { var: name }, xml("value", {}, value));
  return xml(
    "x",
    { xmlns: "jabber:x:data", type: "submit" },
    field("FORM_TYPE", `${NS_MUC}#roomconfig`),
    field("muc#roomconfig_moderatedroom", "1"),
  );
}

function isContent(message: XmlElement): boolean {
  return ["replace", "retract"].every((name) => message.getChild(name) === undefined) && !!message.getChild("body");
}

function toFarMessage(message: XmlElement): FarMessage {
  const reply = message.getChild("reply", "urn:xmpp:reply:0")?.attrs["id"];
  const oob = message.getChild("x", "jabber:x:oob")?.getChildText("url");
  return {
    ...(oob ? { urls: [oob] } : { text: message.getChildText("body") ?? "" }),
    ...(reply === undefined ? {} : { replyTo: reply }),
  };
}
