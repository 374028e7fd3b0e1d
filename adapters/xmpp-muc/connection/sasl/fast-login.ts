import { randomId } from "../../../../src/kit/ids.ts";
import { ChatError } from "../../../../src/transport/errors.ts";
import { xml, type XmlElement } from "../../xml.ts";
import {
  chooseMechanism,
  decodeBase64,
  encodeBase64,
  NS_SASL,
  saslFailure,
  type NonzaExchange,
} from "./authenticate.ts";
import type { XmppCredentials } from "./sasl-mechanism.ts";

/** XEP-0388 1.0.4, XEP-0386 1.1.0, XEP-0484 0.2.0. */
const NS_SASL2 = "urn:xmpp:sasl:2";
const NS_BIND2 = "urn:xmpp:bind:0";
const NS_FAST = "urn:xmpp:fast:0";
const MECHANISM = "HT-SHA-256-NONE";

/** What replaces a password for a while. Plain JSON, and a secret. */
export interface FastToken {
  username: string;
  domain: string;
  token: string;
  /** The server gave it to this client only. */
  agentId: string;
  /** Logins with it so far; never twice the same. */
  count: number;
  /** Milliseconds since 1970. */
  expiresAt?: number;
}

/** Where a token is kept. */
export interface FastTokenStore {
  load(): FastToken | undefined;
  /** `undefined`: the server refuses it. */
  save(token: FastToken | undefined): void;
}

/** Logs in with a token where there is one, and asks for one where there is none. */
export interface FastLogin {
  /** Whether there is a token for that domain (any, if none is named), so that credentials need not be asked for. */
  token(domain: string | undefined): FastToken | undefined;
  isOffered(features: XmlElement): boolean;
  /**
   * One login. No stream restart follows, features do.
   * @returns the full JID where the server has bound a resource with it.
   * @throws ChatError `unauthorized`, `unsupported`.
   */
  authenticate(exchange: NonzaExchange, features: XmlElement, login: Login): Promise<string | undefined>;
}

/** What a login is about. */
export interface Login {
  domain: string;
  /** Whether the stream is encrypted, or stays on this machine. */
  secure: boolean;
  /** Any resource will do: no former session has to be ended by taking its own. */
  anyResource: boolean;
  credentials(): Promise<XmppCredentials>;
}

/**
 * SASL2 with Bind2 and FAST (XEP-0388, XEP-0386, XEP-0484): give it to `createXmppConnection` as `fast`. Used over WebSocket
 * where the server offers it; the second login then asks nobody for credentials. Bind2 lets the server choose the
 * resource, so it is asked for only while there is no former session; after that the resource is bound as ever (RFC 6120
 * §7), which ends the former session for certain.
 * @param store default: memory, which goes with the page. A token that is kept longer is a password that is kept.
 */
export function fastLogin(store: FastTokenStore = memoryStore()): FastLogin {
  const valid = (domain: string | undefined): FastToken | undefined => {
    const token = store.load();
    if (!token || (token.expiresAt !== undefined && token.expiresAt <= Date.now())) return undefined;
    return domain === undefined || token.domain === domain ? token : undefined;
  };
  return {
    token: valid,
    isOffered: (features) => features.getChild("authentication", NS_SASL2) !== undefined,
    async authenticate(exchange, features, login) {
      const fast = offersFast(features) && login.secure && hasCrypto();
      const token = fast ? valid(login.domain) : undefined;
      const bind = login.anyResource && inlineOf(features)?.getChild("bind", NS_BIND2) !== undefined && bindRequest();
      if (token) {
        const used = { ...token, count: token.count + 1 };
        store.save(used);
        const success = await withToken(exchange, used, bind);
        if (success) {
          keep(success, used, store);
          return boundJid(success);
        }
        store.save(undefined);
      }
      const credentials = await login.credentials();
      const mechanism = chooseMechanism(asSasl1(features), credentials, login.secure);
      const agentId = token?.agentId ?? randomId();
      const initial = encodeBase64(mechanism.initial()) || "=";
      const wanted =
        fast && "username" in credentials && xml("request-token", { xmlns: NS_FAST, mechanism: MECHANISM });
      await exchange.send(opening(mechanism.name, initial, agentId, bind, wanted));
      const success = await answerOf(exchange, (challenge) => mechanism.respond(challenge));
      mechanism.finish(decodeBase64(success.getChildText("additional-data") ?? ""));
      if ("username" in credentials)
        keep(success, { username: credentials.username, domain: login.domain, agentId, count: 0 }, store);
      return boundJid(success);
    },
  };
}

/** @returns `undefined` when the server does not take the token. */
async function withToken(
  exchange: NonzaExchange,
  token: FastToken,
  bind: XmlElement | false,
): Promise<XmlElement | undefined> {
  const hashed = await hmac(token.token, "Initiator");
  const initial = btoa(latin1(new TextEncoder().encode(`${token.username}\0`)) + latin1(hashed));
  const fast = xml("fast", { xmlns: NS_FAST, count: token.count });
  await exchange.send(opening(MECHANISM, initial, token.agentId, bind, fast));
  let success: XmlElement;
  try {
    success = await answerOf(exchange, () => Promise.reject(unproven()));
  } catch (error) {
    const refused = ChatError.isInstance(error) && error.info.vendor?.code === "xmpp/auth-failed";
    if (refused && !error.info.retryable) return undefined;
    throw error;
  }
  // Without this anybody could play the server.
  const proof = btoa(latin1(await hmac(token.token, "Responder")));
  if (success.getChildText("additional-data")?.trim() !== proof) throw unproven();
  return success;
}

/** The tag is part of the resource, as the random part of ours is the server's here. */
function bindRequest(): XmlElement {
  return xml("bind", { xmlns: NS_BIND2 }, xml("tag", {}, "switchboard"));
}

/** XEP-0388 §2.6.1: the identity is a full JID if a resource was bound. */
function boundJid(success: XmlElement): string | undefined {
  const jid = success.getChild("bound", NS_BIND2) && success.getChildText("authorization-identifier")?.trim();
  return jid?.includes("/") === true ? jid : undefined;
}

function opening(mechanism: string, initial: string, agentId: string, ...inline: (XmlElement | false)[]): XmlElement {
  return xml(
    "authenticate",
    { xmlns: NS_SASL2, mechanism },
    xml("initial-response", {}, initial),
    xml("user-agent", { id: agentId }, xml("software", {}, "Switchboard")),
    ...inline,
  );
}

async function answerOf(exchange: NonzaExchange, respond: (text: string) => Promise<string>): Promise<XmlElement> {
  for (;;) {
    const answer = await exchange.next();
    if (answer.getNS() !== NS_SASL2) continue;
    if (answer.name === "failure") throw saslFailure(answer);
    if (answer.name === "success") return answer;
    if (answer.name !== "challenge")
      throw new ChatError("unsupported", "The chat server wants more than one login step.");
    const response = await respond(decodeBase64(answer.getText()));
    await exchange.send(xml("response", { xmlns: NS_SASL2 }, encodeBase64(response)));
  }
}

/** A new token replaces the old one. */
function keep(
  success: XmlElement,
  { expiresAt: _old, ...known }: Omit<FastToken, "token">,
  store: FastTokenStore,
): void {
  const { token, expiry = "" } = success.getChild("token", NS_FAST)?.attrs ?? {};
  if (token === undefined || token === "") return;
  const expiresAt = Date.parse(expiry);
  store.save({ ...known, token, count: 0, ...(Number.isNaN(expiresAt) ? {} : { expiresAt }) });
}

function inlineOf(features: XmlElement): XmlElement | undefined {
  return features.getChild("authentication", NS_SASL2)?.getChild("inline");
}

function offersFast(features: XmlElement): boolean {
  const mechanisms = inlineOf(features)?.getChild("fast", NS_FAST)?.getChildren("mechanism") ?? [];
  return mechanisms.some((mechanism) => mechanism.getText().trim() === MECHANISM);
}

function asSasl1(features: XmlElement): XmlElement {
  const names = features.getChild("authentication", NS_SASL2)?.getChildren("mechanism") ?? [];
  const mechanisms = names.map((name) => xml("mechanism", {}, name.getText()));
  return xml("features", {}, xml("mechanisms", { xmlns: NS_SASL }, ...mechanisms));
}

async function hmac(secret: string, text: string): Promise<Uint8Array> {
  const utf8 = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(text)));
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Browsers give WebCrypto only to pages from https: or from this machine. */
function hasCrypto(): boolean {
  return (globalThis.crypto as Crypto | undefined)?.subtle !== undefined;
}

function unproven(): ChatError {
  return new ChatError("unauthorized", "The chat server did not prove that it knows the token.", {
    vendor: { name: "xmpp", code: "xmpp/server-not-proven" },
  });
}

function memoryStore(): FastTokenStore {
  let kept: FastToken | undefined;
  return {
    load: () => kept,
    save: (token) => {
      kept = token;
    },
  };
}
