import { ChatError } from "../../../../src/transport/errors.ts";
import { xml, type XmlElement } from "../../xml.ts";
import type { SaslMechanism, XmppCredentials } from "./sasl-mechanism.ts";
import { scram } from "./scram.ts";

/** RFC 6120 §6. */
export const NS_SASL = "urn:ietf:params:xml:ns:xmpp-sasl";

/** Strongest first. PLAIN and ANONYMOUS are handled apart. */
const HASHES = ["SHA-512", "SHA-256", "SHA-1"] as const;

/**
 * Picks the strongest mechanism that server, runtime and connection allow.
 * @param secure the stream is encrypted or stays on this machine: PLAIN is allowed.
 * @throws ChatError `unsupported`, saying which of the three stands in the way.
 */
export function chooseMechanism(features: XmlElement, credentials: XmppCredentials, secure: boolean): SaslMechanism {
  const offered = new Set(
    features
      .getChild("mechanisms", NS_SASL)
      ?.getChildren("mechanism")
      .map((child) => child.getText().trim()) ?? [],
  );
  if ("anonymous" in credentials) {
    if (offered.has("ANONYMOUS")) return anonymous;
    throw noMechanism(offered, "The chat server does not admit guests without an account.");
  }
  // Browsers give WebCrypto only to pages from https: or from this machine.
  const canHash = (globalThis.crypto as Crypto | undefined)?.subtle !== undefined;
  const hash = HASHES.find((hash) => offered.has(`SCRAM-${hash}`));
  if (hash && canHash) return scram(hash, credentials);
  if (offered.has("PLAIN") && secure) return plain(credentials);
  if (hash)
    throw noMechanism(
      offered,
      "This page was not loaded over https, so the browser gives it no cryptography (crypto.subtle), and logging in to the chat needs it.",
      "Serve the page over https, or from localhost while developing.",
    );
  if (offered.has("PLAIN"))
    throw noMechanism(
      offered,
      "The chat server wants the password in the clear, over a connection that is not encrypted.",
      "Use an https: or wss: address for the chat server.",
    );
  throw noMechanism(
    offered,
    "The chat server offers no way to log in that this client knows.",
    "Enable SCRAM on the chat server, or PLAIN over TLS.",
  );
}

function noMechanism(offered: Set<string>, message: string, remedy?: string): ChatError {
  return new ChatError("unsupported", `${message} It offers: ${[...offered].join(", ") || "nothing"}.`, {
    vendor: { name: "xmpp", code: "xmpp/no-mechanism" },
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function plain({ username, password }: { username: string; password: string }): SaslMechanism {
  return {
    name: "PLAIN",
    initial: () => `\0${username}\0${password}`,
    respond: () => Promise.reject(new ChatError("bad-frame", "The chat server answered PLAIN with a challenge.")),
    finish: () => undefined,
  };
}

const anonymous: SaslMechanism = {
  name: "ANONYMOUS",
  initial: () => "",
  respond: () => Promise.resolve(""),
  finish: () => undefined,
};

/** How {@link authenticate} speaks and listens. */
export interface NonzaExchange {
  send(nonza: XmlElement): Promise<void>;
  /** The next element that is no stanza. */
  next(): Promise<XmlElement>;
}

/**
 * Runs one SASL exchange (RFC 6120 §6.4). Resolves after the server's success, verified.
 * @throws ChatError `unauthorized` with `info.vendor.code` `xmpp/<condition>`; retryable only for `temporary-auth-failure`.
 */
export async function authenticate(exchange: NonzaExchange, mechanism: SaslMechanism): Promise<void> {
  const initial = encodeBase64(mechanism.initial());
  // RFC 6120 §6.4.2: an empty initial response is a single "=".
  await exchange.send(xml("auth", { xmlns: NS_SASL, mechanism: mechanism.name }, initial === "" ? "=" : initial));
  for (;;) {
    const answer = await exchange.next();
    if (answer.getNS() !== NS_SASL) continue;
    if (answer.name === "failure") throw saslFailure(answer);
    const text = decodeBase64(answer.getText());
    if (answer.name === "success") return mechanism.finish(text);
    if (answer.name === "challenge") {
      await exchange.send(xml("response", { xmlns: NS_SASL }, encodeBase64(await mechanism.respond(text))));
    }
  }
}

/** Reads a `<failure/>` of SASL or SASL2. */
export function saslFailure(failure: XmlElement): ChatError {
  const condition = failure.getChildElements().find(({ name }) => name !== "text")?.name ?? "not-authorized";
  const temporary = condition === "temporary-auth-failure";
  return new ChatError("unauthorized", `The chat server refused the login: ${condition}.`, {
    retryable: temporary,
    remedy: temporary ? "Try again in a moment." : "Check the account and password, or start the chat anew.",
    vendor: { name: "xmpp", code: "xmpp/auth-failed" },
    cause: { condition, text: failure.getChildText("text") ?? undefined },
  });
}

/** Base64 of the UTF-8 of a text. */
export function encodeBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** The reverse. @throws ChatError `bad-frame`. */
export function decodeBase64(base64: string): string {
  const trimmed = base64.trim();
  if (trimmed === "" || trimmed === "=") return "";
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(trimmed), (char) => char.charCodeAt(0)));
  } catch (cause) {
    throw new ChatError("bad-frame", "The chat server sent a login answer that is not base64.", { cause });
  }
}
