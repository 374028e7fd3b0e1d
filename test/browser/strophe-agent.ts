import { $iq, $msg, $pres, Strophe } from "strophe.js";

const NS = {
  muc: "http://jabber.org/protocol/muc",
  states: "http://jabber.org/protocol/chatstates",
  markers: "urn:xmpp:chat-markers:0",
  oob: "jabber:x:oob",
  upload: "urn:xmpp:http:upload:0",
  mam: "urn:xmpp:mam:2",
};

/** A room message as Strophe's user would read it. */
export interface StropheMessage {
  nick: string;
  id: string | null;
  /** Given by the room (XEP-0359). */
  stanzaId: string | null;
  body: string | null;
  element: Element;
}

/** An agent who uses Strophe.js 5 and nothing of this project. */
export class StropheAgent {
  readonly nick = "Asha";
  readonly messages: StropheMessage[] = [];
  readonly #line: InstanceType<typeof Strophe.Connection>;
  readonly #room: string;
  readonly #waiting = new Set<() => void>();

  private constructor(service: string, room: string) {
    Strophe.setLogLevel(Strophe.LogLevel.FATAL);
    this.#line = new Strophe.Connection(service);
    this.#room = room;
  }

  /** Logs in over the service (`ws:` or `http:`) and joins the room. */
  static async join(service: string, login: { jid: string; password: string }, room: string): Promise<StropheAgent> {
    const agent = new StropheAgent(service, room);
    const line = agent.#line;
    await new Promise<void>((resolve, reject) => {
      line.connect(login.jid, login.password, (status: number, reason?: string | null) => {
        if (status === Strophe.Status.CONNECTED) resolve();
        if (status === Strophe.Status.AUTHFAIL || status === Strophe.Status.CONNFAIL) reject(new Error(reason ?? ""));
      });
    });
    const joined = new Promise<void>((resolve) => {
      line.addHandler(() => (resolve(), false), "", "presence", "", "", `${room}/${agent.nick}`);
    });
    line.addHandler((stanza: Element) => (agent.#take(stanza), true), "", "message", "groupchat");
    line.send($pres());
    line.send($pres({ to: `${room}/${agent.nick}` }).c("x", { xmlns: NS.muc }));
    await joined;
    return agent;
  }

  close(): void {
    this.#line.disconnect("done");
  }

  /** The first message of somebody else that fits, past or to come. */
  heard(fits: (message: StropheMessage) => boolean): Promise<StropheMessage> {
    return this.#until((message) => message.nick !== this.nick && fits(message));
  }

  #until(fits: (message: StropheMessage) => boolean): Promise<StropheMessage> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.messages.find(fits);
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves with the message as the room has reflected it. */
  async say(text: string): Promise<StropheMessage> {
    const id = this.#send((message) => message.c("body").t(text));
    return this.#until((message) => message.id === id);
  }

  state(name: "composing" | "paused"): string {
    return this.#send((message) => message.c(name, { xmlns: NS.states }));
  }

  /** XEP-0333 §4.3: in a room by the room's id. */
  displayed(stanzaId: string): string {
    return this.#send((message) => message.c("displayed", { xmlns: NS.markers, id: stanzaId }));
  }

  /** Stores a file (XEP-0363) and says so (XEP-0066). Resolves with its address. */
  async sendFile(service: string, name: string, content: string): Promise<string> {
    const size = new Blob([content]).size;
    const request = $iq({ type: "get", to: service }).c("request", {
      xmlns: NS.upload,
      filename: name,
      size: String(size),
      "content-type": "text/plain",
    });
    const slot = await this.#ask(request);
    const headers = new Headers({ "content-type": "text/plain" });
    for (const header of slot.getElementsByTagName("header"))
      headers.set(header.getAttribute("name") ?? "", header.textContent);
    const putUrl = slot.getElementsByTagName("put")[0]?.getAttribute("url") ?? "";
    const url = slot.getElementsByTagName("get")[0]?.getAttribute("url") ?? "";
    await fetch(putUrl, { method: "PUT", headers, body: content });
    this.#send((message) => message.c("body").t(url).up().c("x", { xmlns: NS.oob }).c("url").t(url));
    return url;
  }

  /** The whole archive of the room (XEP-0313), oldest first. */
  async archive(): Promise<{ id: string | null; body: string | null }[]> {
    const found: Element[] = [];
    const collect = (stanza: Element): boolean => {
      if (stanza.getElementsByTagName("result").length > 0) found.push(stanza);
      return true;
    };
    const handler = this.#line.addHandler(collect, NS.mam, "message", "");
    await this.#ask($iq({ type: "set", to: this.#room }).c("query", { xmlns: NS.mam, queryid: "all" }));
    this.#line.deleteHandler(handler);
    return found.map((stanza) => ({
      id: stanza.getElementsByTagName("result")[0]?.getAttribute("id") ?? null,
      body: stanza.getElementsByTagName("body")[0]?.textContent ?? null,
    }));
  }

  #ask(iq: ReturnType<typeof $iq>): Promise<Element> {
    return new Promise((resolve, reject) => {
      this.#line.sendIQ(iq, resolve, (error: Element | null) => reject(new Error(error?.outerHTML ?? "no answer")));
    });
  }

  #send(fill: (message: ReturnType<typeof $msg>) => unknown): string {
    const message = $msg({ to: this.#room, type: "groupchat", id: this.#line.getUniqueId() });
    fill(message);
    this.#line.send(message);
    return message.tree().getAttribute("id") ?? "";
  }

  #take(element: Element): void {
    const stanzaId = Array.from(element.getElementsByTagName("stanza-id")).find(
      (one) => one.getAttribute("by") === this.#room,
    );
    this.messages.push({
      nick: Strophe.getResourceFromJid(element.getAttribute("from") ?? "") ?? "",
      id: element.getAttribute("id"),
      stanzaId: stanzaId?.getAttribute("id") ?? null,
      body: element.getElementsByTagName("body")[0]?.textContent ?? null,
      element,
    });
    for (const look of this.#waiting) look();
  }
}
