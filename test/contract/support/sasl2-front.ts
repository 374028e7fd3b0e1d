import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { parseXml, type XmlElement } from "../../../adapters/xmpp-muc/index.ts";

const NS_FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
const NS_SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const NS_SASL2 = "urn:xmpp:sasl:2";
const NS_BIND = "urn:ietf:params:xml:ns:xmpp-bind";
const NS_BIND2 = "urn:xmpp:bind:0";
const NS_FAST = "urn:xmpp:fast:0";
const HT = "HT-SHA-256-NONE";

/** Logins with one token until it is replaced. */
const ROTATED_AFTER = 2;

/** A login as the front saw it succeed. */
export interface FrontLogin {
  mechanism: string;
  /** Resource bound inline (XEP-0386), or by a request of its own. */
  bind2: boolean;
  username: string;
}

/** A server that offers what the test servers do not; behind its login it is the real one. */
export interface Sasl2Front {
  readonly url: string;
  readonly logins: readonly FrontLogin[];
  close(): Promise<void>;
}

/** Who a token was given to. */
interface Holder {
  username: string;
  password: string;
  agentId: string;
  count: number;
}

/**
 * A WebSocket server (RFC 7395) that logs in with SASL2 (XEP-0388 1.0.4), binds inline (XEP-0386 1.1.0) and gives out tokens
 * (XEP-0484 0.2.0) itself, logs in at a real server with SASL and its own resource binding (RFC 6120 §6, §7), and then passes every
 * frame on. What it answers is built from the examples of those documents; what a client must not do ends its stream.
 * @param target WebSocket address of the real server, which must offer PLAIN.
 */
export async function createSasl2Front(target: string): Promise<Sasl2Front> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "xmpp" });
  await once(server, "listening");
  const logins: FrontLogin[] = [];
  const tokens = new Map<string, Holder>();
  server.on("connection", (client) => new Guest(client, target, tokens, (login) => logins.push(login)));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/xmpp-websocket`,
    logins,
    close: () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => resolve());
      }),
  };
}

/** One client's connection. */
class Guest {
  readonly #client: WebSocket;
  readonly #target: string;
  readonly #tokens: Map<string, Holder>;
  readonly #onLogin: (login: FrontLogin) => void;
  #from: string | undefined;
  #domain = "";
  #server: WebSocket | undefined;
  /** Logged in: every frame is passed on. */
  #through = false;
  #busy = false;

  constructor(client: WebSocket, target: string, tokens: Map<string, Holder>, onLogin: (login: FrontLogin) => void) {
    this.#client = client;
    this.#target = target;
    this.#tokens = tokens;
    this.#onLogin = onLogin;
    client.on("error", () => undefined);
    // A client that is cut off is cut off at the real server, too.
    client.on("close", () => this.#server?.terminate());
    client.on("message", (data: Buffer) => {
      if (this.#through) this.#server?.send(data.toString());
      else this.#take(parseXml(data.toString())).catch((error: unknown) => this.#end(String(error)));
    });
  }

  async #take(frame: XmlElement): Promise<void> {
    // XEP-0388 §2.4: while a login is under way nothing else may be sent.
    if (this.#busy) return this.#end(`${frame.name} during the login`);
    if (frame.name === "open" && frame.getNS() === NS_FRAMING) {
      this.#from = frame.attrs["from"];
      this.#domain = frame.attrs["to"] ?? "";
      this.#say(
        `<open xmlns='${NS_FRAMING}' from='${this.#domain}' id='${randomUUID()}' version='1.0' xml:lang='en'/>`,
      );
      return this.#say(OFFER);
    }
    if (frame.name === "close") {
      this.#say(`<close xmlns='${NS_FRAMING}'/>`);
      return this.#client.close();
    }
    if (frame.name !== "authenticate" || frame.getNS() !== NS_SASL2) return this.#end(`${frame.name} before the login`);
    this.#busy = true;
    await this.#authenticate(frame);
    this.#busy = false;
    return undefined;
  }

  async #authenticate(request: XmlElement): Promise<void> {
    const mechanism = request.attrs["mechanism"] ?? "";
    const initial = Buffer.from(request.getChildText("initial-response") ?? "", "base64");
    const agentId = request.getChild("user-agent")?.attrs["id"];
    const wanted = request.getChild("request-token", NS_FAST)?.attrs["mechanism"];
    // XEP-0484 §4.1: who uses tokens names the program.
    if ((mechanism === HT || wanted !== undefined) && agentId === undefined) return this.#end("a token without an id");
    if (wanted !== undefined && wanted !== HT) return this.#end(`a token for ${wanted}`);
    const known = mechanism === HT ? this.#holder(initial, request) : plain(initial, agentId ?? "");
    if (!known) return this.#fail("credentials-expired");
    const bind = request.getChild("bind", NS_BIND2);
    const resource = bind && `${bind.getChildText("tag") ?? "client"}/${stableId(agentId ?? randomUUID())}`;
    const session = await this.#logInBehind(known.holder, resource);
    if (typeof session !== "object") return this.#fail(session);
    const token = wanted === undefined && known.holder.count < ROTATED_AFTER ? "" : this.#newToken(known.holder);
    const proof = known.proof === undefined ? "" : `<additional-data>${known.proof}</additional-data>`;
    // XEP-0386 §3.2: the archive's state at the moment of binding; these two ids are its example's.
    const bound = bind
      ? `<bound xmlns='${NS_BIND2}'><metadata xmlns='urn:xmpp:mam:2'>` +
        "<start id='YWxwaGEg' timestamp='2008-08-22T21:09:04Z'/><end id='b21lZ2Eg' timestamp='2020-04-20T14:34:21Z'/>" +
        "</metadata></bound>"
      : "";
    const identity = `<authorization-identifier>${session.jid}</authorization-identifier>`;
    this.#onLogin({ mechanism, bind2: bind !== undefined, username: known.holder.username });
    this.#say(`<success xmlns='${NS_SASL2}'>${proof}${identity}${bound}${token}</success>`);
    // §2.6.1: features follow at once, and no stream is opened anew.
    this.#say(session.features);
    this.#server?.on("message", (data: Buffer) => this.#say(data.toString()));
    this.#through = true;
    return undefined;
  }

  /** Whose token that is, with the server's part of HT-SHA-256-NONE (draft-schmaus-kitten-sasl-ht-09). */
  #holder(initial: Buffer, request: XmlElement): { holder: Holder; proof: string } | undefined {
    const zero = initial.indexOf(0);
    const username = initial.subarray(0, zero).toString();
    // XEP-0484 §4.1: the stream has said who comes.
    if (this.#from !== `${username}@${this.#domain}`) return undefined;
    const fast = request.getChild("fast", NS_FAST);
    for (const [token, holder] of this.#tokens) {
      const hash = (role: string): Buffer => createHmac("sha256", token).update(role).digest();
      if (holder.username !== username || !hash("Initiator").equals(initial.subarray(zero + 1))) continue;
      const count = Number(fast?.attrs["count"]);
      // §3.4: a count that was there before is a replay, and a token belongs to one program.
      if (!(count > holder.count) || request.getChild("user-agent")?.attrs["id"] !== holder.agentId) return undefined;
      holder.count = count;
      // §3.5: until here the one before was good, too.
      for (const [other, { agentId }] of this.#tokens)
        if (other !== token && agentId === holder.agentId) this.#tokens.delete(other);
      return { holder, proof: hash("Responder").toString("base64") };
    }
    return undefined;
  }

  #newToken(holder: Holder): string {
    const token = randomBytes(24).toString("base64");
    this.#tokens.set(token, { ...holder, count: 0 });
    return `<token xmlns='${NS_FAST}' expiry='2999-03-12T14:36:15Z' token='${token}'/>`;
  }

  /** RFC 6120 §6 and §7 at the real server. Resolves with an error condition when it refuses. */
  async #logInBehind(
    { username, password }: Holder,
    resource: string | undefined,
  ): Promise<{ jid: string; features: string } | string> {
    const server = new WebSocket(this.#target, ["xmpp"], { allowSynchronousEvents: false });
    this.#server = server;
    server.on("error", () => undefined);
    server.on("close", () => this.#client.close());
    const frames = frameReader(server);
    await once(server, "open");
    const open = `<open xmlns='${NS_FRAMING}' to='${this.#domain}' version='1.0'/>`;
    server.send(open);
    await frames("features");
    const response = Buffer.from(`\0${username}\0${password}`).toString("base64");
    server.send(`<auth xmlns='${NS_SASL}' mechanism='PLAIN'>${response}</auth>`);
    const answer = parseXml(await frames("success", "failure"));
    if (answer.name === "failure") {
      server.removeAllListeners("close").terminate();
      return answer.getChildElements()[0]?.name ?? "not-authorized";
    }
    server.send(open);
    const features = await frames("features");
    if (resource === undefined) {
      frames.stop();
      return { jid: `${username}@${this.#domain}`, features };
    }
    server.send(
      `<iq xmlns='jabber:client' type='set' id='front-bind'><bind xmlns='${NS_BIND}'><resource>${resource}</resource></bind></iq>`,
    );
    const bound = parseXml(await frames("iq"));
    frames.stop();
    return { jid: bound.getChild("bind", NS_BIND)?.getChildText("jid") ?? "", features };
  }

  #fail(condition: string): void {
    this.#say(`<failure xmlns='${NS_SASL2}'><${condition} xmlns='${NS_SASL}'/></failure>`);
  }

  #end(why: string): void {
    this.#say(
      "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>" +
        "<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" +
        `<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${why}</text></stream:error>`,
    );
    this.#client.close();
  }

  #say(frame: string): void {
    if (this.#client.readyState === WebSocket.OPEN) this.#client.send(frame);
  }
}

/** XEP-0388 §2.1, XEP-0386 §3.1, XEP-0484 §3.1: their features together. */
const OFFER =
  "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>" +
  `<authentication xmlns='${NS_SASL2}'><mechanism>PLAIN</mechanism><inline>` +
  `<bind xmlns='${NS_BIND2}'/><fast xmlns='${NS_FAST}'><mechanism>${HT}</mechanism></fast>` +
  "</inline></authentication></stream:features>";

function plain(initial: Buffer, agentId: string): { holder: Holder; proof?: undefined } {
  const [, username = "", password = ""] = initial.toString().split("\0");
  return { holder: { username, password, agentId, count: 0 } };
}

/** XEP-0386 §3.2: the same program gets the same resource, which does not give its id away. */
function stableId(agentId: string): string {
  return createHmac("sha256", "resource").update(agentId).digest("base64url").slice(0, 13);
}

interface FrameReader {
  /** The next frame whose element has one of these names. */
  (...names: string[]): Promise<string>;
  /** What comes now is somebody else's. */
  stop(): void;
}

function frameReader(socket: WebSocket): FrameReader {
  const queued: string[] = [];
  let wake = (): void => {};
  const take = (data: Buffer): void => {
    queued.push(data.toString());
    wake();
  };
  socket.on("message", take);
  const next = async (...names: string[]): Promise<string> => {
    for (;;) {
      while (queued.length > 0) {
        const frame = queued.shift() ?? "";
        if (names.includes(parseXml(frame).name)) return frame;
      }
      await new Promise<void>((resolve, reject) => {
        wake = resolve;
        socket.once("close", () => reject(new Error("The real server closed the connection.")));
      });
    }
  };
  return Object.assign(next, { stop: () => void socket.off("message", take) });
}
