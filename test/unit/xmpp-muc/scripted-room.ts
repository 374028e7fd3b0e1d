import type { ChatError } from "../../../src/transport/index.ts";
import type { XmlElement } from "../../../adapters/xmpp-muc/xml.ts";
import { xml } from "../../../adapters/xmpp-muc/xml.ts";
import { iqError, ScriptedLink, type Script } from "./scripted-link.ts";

export const ROOM = "room_7c1f@conference.chat.example";
export const NS_USER = "http://jabber.org/protocol/muc#user";

/** Features as Prosody 0.12 announces them. */
export const PROSODY_FEATURES = ["urn:xmpp:sid:0", "urn:xmpp:occupant-id:0", "urn:xmpp:mam:2"];

interface Stored {
  id: string;
  msgid: string;
  stanza: string;
  stamp: string;
}

/** A MUC room with one agent in it, as far as a customer's client can tell. */
export class ScriptedRoom {
  readonly link: ScriptedLink;
  features: string[] = PROSODY_FEATURES;
  /** How the next joins are answered: an error condition each; then they succeed. */
  joinErrors: { condition: string; type: string }[] = [];
  /** Answers nothing to a join. */
  silentJoin = false;
  /** Answers nothing to messages. */
  silentSends = 0;
  refusedSends: string[] = [];
  selfStatuses: number[] = [110];
  agentNick = "Asha";
  agentItem = "affiliation='owner' role='moderator'";
  /** Extra presences before ours. */
  others: string[] = [];
  sendsSubject = true;
  inRoom = false;
  nick = "";
  /** Answers to disco#info of the room wait for this. */
  discoAfter: Promise<void> | undefined;
  /** Messages of the customer that the room took. */
  readonly received: XmlElement[] = [];
  readonly archive: Stored[] = [];
  /** Between the ids that the room gave and those that the senders gave. */
  readonly ids = {
    msgidOf: (id: string): string => this.archive.find((stored) => stored.id === id)?.msgid ?? id,
    idOf: (msgid: string): string => this.archive.find((stored) => stored.msgid === msgid)?.id ?? msgid,
  };
  #ids = 0;

  constructor(link = new ScriptedLink()) {
    this.link = link;
    link.answer = (iq) => this.#answer(iq);
    link.onWritten = (stanza) => this.#take(stanza);
  }

  /** Sends a stanza of the room: `from` is the room, or somebody in it. */
  deliver(name: "message" | "presence", nick: string | null, attrs: string, children: string): void {
    const from = nick === null ? ROOM : `${ROOM}/${nick}`;
    this.link.deliver(`<${name} from='${from}' to='u-140a@chat.example/exo-1' ${attrs}>${children}</${name}>`);
  }

  presence(nick: string, item = "affiliation='none' role='participant'", more = "", attrs = ""): void {
    this.deliver("presence", nick, attrs, `${this.occupantId(nick)}<x xmlns='${NS_USER}'><item ${item}/>${more}</x>`);
  }

  occupantId(nick: string): string {
    return this.features.includes("urn:xmpp:occupant-id:0")
      ? `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ-${nick}'/>`
      : "";
  }

  /** Somebody in the room says something; it is archived and, if we are in, delivered. @returns its stanza-id. */
  say(nick: string, children: string, msgid = `m-${++this.#ids}`, stanzaId = `s-${++this.#ids}`): string {
    const sid = this.features.includes("urn:xmpp:sid:0") ? stanzaIdXml(stanzaId) : "";
    const content = `${children}${this.occupantId(nick)}${sid}`;
    const attrs = `type='groupchat' id='${msgid}'`;
    this.archive.push({
      id: stanzaId,
      msgid,
      stanza: `<message xmlns='jabber:client' from='${ROOM}/${nick}' ${attrs}>${children}${this.occupantId(nick)}</message>`,
      stamp: new Date().toISOString(),
    });
    if (this.inRoom) this.deliver("message", nick, attrs, content);
    return sid === "" ? msgid : stanzaId;
  }

  sayText(text: string, nick = this.agentNick): string {
    return this.say(nick, body(text));
  }

  /** A message of the archive again, delayed or not. */
  replay({ id, stanza, stamp }: Stored, delayed: boolean): void {
    const delay = `<delay xmlns='urn:xmpp:delay' from='${ROOM}' stamp='${stamp}'/>`;
    const sid = this.features.includes("urn:xmpp:sid:0") ? stanzaIdXml(id) : "";
    const extra = `${sid}${delayed ? delay : ""}</message>`;
    this.link.deliver(stanza.replace(" xmlns='jabber:client'", "").replace(/<\/message>$/, extra));
  }

  /** What the customer wrote last, by the name of one of its children. */
  lastWith(child: string, xmlns?: string): XmlElement | undefined {
    return this.link.written.findLast((stanza) => stanza.getChild(child, xmlns) !== undefined);
  }

  #take(stanza: XmlElement): void {
    const { to = "", type } = stanza.attrs;
    if (stanza.name === "presence" && to.startsWith(`${ROOM}/`)) {
      if (type === "unavailable") this.#leave(to.slice(ROOM.length + 1));
      else this.#join(stanza, to.slice(ROOM.length + 1));
    } else if (stanza.name === "message" && type === "groupchat") this.#reflect(stanza);
  }

  #join(stanza: XmlElement, nick: string): void {
    if (this.silentJoin) return;
    const refusal = this.joinErrors.shift();
    if (refusal) {
      const error = `<error type='${refusal.type}'><${refusal.condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
      return this.deliver("presence", nick, `type='error' id='${stanza.attrs["id"] ?? ""}'`, error);
    }
    this.nick = nick;
    this.inRoom = true;
    this.presence(this.agentNick, this.agentItem);
    for (const other of this.others) this.presence(other);
    const codes = this.selfStatuses.map((code) => `<status code='${code}'/>`).join("");
    this.presence(nick, "affiliation='member' role='participant' jid='u-140a@chat.example/exo-1'", codes);
    for (const stored of this.archive) this.replay(stored, true);
    if (this.sendsSubject) this.deliver("message", null, "type='groupchat'", "<subject/>");
  }

  #leave(nick: string): void {
    if (!this.inRoom) return;
    this.inRoom = false;
    this.presence(nick, "affiliation='member' role='none'", "<status code='110'/>", "type='unavailable'");
  }

  #reflect(stanza: XmlElement): void {
    const refusal = this.refusedSends.shift();
    if (refusal !== undefined) {
      const error = `<error type='auth'><${refusal} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
      return this.deliver("message", null, `type='error' id='${stanza.attrs["id"] ?? ""}'`, error);
    }
    if (this.silentSends > 0) {
      this.silentSends--;
      return;
    }
    this.received.push(stanza);
    const children = stanza.children.map(String).join("");
    const stored = stanza.getChild("body") !== undefined;
    if (stored) this.say(this.nick, children, stanza.attrs["id"]);
    else
      this.deliver(
        "message",
        this.nick,
        `type='groupchat' id='${stanza.attrs["id"] ?? ""}'`,
        children + this.occupantId(this.nick),
      );
  }

  #answer(iq: XmlElement): ReturnType<Script> {
    const [child] = iq.getChildElements();
    const { to } = iq.attrs;
    if (to === ROOM && child?.name === "query" && child.attrs["xmlns"] === "http://jabber.org/protocol/disco#info") {
      if (child.attrs["node"] !== undefined) return iqError("item-not-found", "not-found");
      const features = this.features.map((feature) => `<feature var='${feature}'/>`).join("");
      const info = `<query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' type='text' name='Support'/>${features}</query>`;
      return this.discoAfter ? this.discoAfter.then(() => info) : info;
    }
    if (to === ROOM && child?.attrs["xmlns"] === "urn:xmpp:mam:2") return this.#archivePage(child);
    if (child?.name === "ping") {
      return this.inRoom ? "" : iqError("not-acceptable", "refused");
    }
    if (child?.attrs["xmlns"] === "http://jabber.org/protocol/disco#items") {
      return `<query xmlns='http://jabber.org/protocol/disco#items'/>`;
    }
    return iqError("service-unavailable", "unsupported");
  }

  #archivePage(query: XmlElement): string | ChatError {
    const set = query.getChild("set", "http://jabber.org/protocol/rsm");
    const max = Number(set?.getChildText("max") ?? 50);
    const before = set?.getChildText("before") ?? undefined;
    const after = set?.getChildText("after") ?? undefined;
    const end =
      before === undefined || before === "" ? this.archive.length : this.archive.findIndex(({ id }) => id === before);
    if (after !== undefined && !this.archive.some(({ id }) => id === after))
      return iqError("item-not-found", "not-found");
    const forward = before === undefined;
    const start = forward ? this.archive.findIndex(({ id }) => id === after) + 1 : Math.max(0, end - max);
    const page = this.archive.slice(start, forward ? start + max : end);
    for (const { id, stanza, stamp } of page) {
      this.link.deliver(
        `<message from='${ROOM}'><result xmlns='urn:xmpp:mam:2' queryid='${query.attrs["queryid"] ?? ""}' id='${id}'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='${stamp}'/>${stanza}</forwarded></result></message>`,
      );
    }
    const complete = forward ? start + max >= this.archive.length : start === 0;
    const ends = page[0] ? `<first>${page[0].id}</first><last>${page.at(-1)?.id ?? ""}</last>` : "";
    return `<fin xmlns='urn:xmpp:mam:2' ${complete ? "complete='true'" : ""}><set xmlns='http://jabber.org/protocol/rsm'>${ends}</set></fin>`;
  }
}

/** A body, escaped. */
export function body(text: string): string {
  return xml("body", {}, text).toString();
}

export function stanzaIdXml(id: string, by = ROOM): string {
  return `<stanza-id xmlns='urn:xmpp:sid:0' id='${id}' by='${by}'/>`;
}
