import { createDeferred, withDeadline, type Deferred } from "../../../src/kit/deadline.ts";
import { randomId } from "../../../src/kit/ids.ts";
import type { Call } from "../../../src/transport/call.ts";
import { ChatError, type ChatErrorCode } from "../../../src/transport/errors.ts";
import { lookUp } from "../xep/read.ts";
import type { XmlElement } from "../xml.ts";
import type { IqError } from "./link.ts";

/** Default time limit of a request, milliseconds. */
const IQ_TIMEOUT_MS = 10_000;

interface Asked {
  to: string | undefined;
  answer: Deferred<XmlElement>;
}

/** Matches iq answers to requests (RFC 6120 §8.2.3) by id *and* by who answers: ids can be guessed. */
export class IqTracker {
  readonly #asked = new Map<string, Asked>();
  readonly #prefix: string = randomId().slice(0, 8);
  #count = 0;

  /** Sends `iq` through `send` and resolves with its result. @throws ChatError see `StanzaLink.request`. */
  async request(iq: XmlElement, send: (iq: XmlElement) => Promise<void>, call: Call | undefined): Promise<XmlElement> {
    const id = `${this.#prefix}-${++this.#count}`;
    iq.attrs["id"] = id;
    const answer = createDeferred<XmlElement>();
    // The stream may go while the request still waits to be written, and then nobody listens yet.
    answer.promise.catch(() => undefined);
    this.#asked.set(id, { to: iq.attrs["to"], answer });
    try {
      // Sent before anything is awaited: a room's requests must leave in the task that the room writes in.
      const sent = send(iq);
      sent.catch(() => undefined);
      return await withDeadline(call, IQ_TIMEOUT_MS, "A request to the chat server", async () => {
        await sent;
        return answer.promise;
      });
    } finally {
      this.#asked.delete(id);
    }
  }

  /** @returns whether the stanza answered a request. `self`: our own JIDs and domain, which may answer for the server. */
  take(iq: XmlElement, self: { jid: string | undefined; domain: string }): boolean {
    const { id, type, from } = iq.attrs;
    if (id === undefined || (type !== "result" && type !== "error")) return false;
    const asked = this.#asked.get(id);
    if (!asked || !mayAnswer(from, asked.to, self)) return false;
    this.#asked.delete(id);
    if (type === "result") asked.answer.resolve(iq);
    else asked.answer.reject(stanzaError(iq));
    return true;
  }

  /** The stream is gone: nothing will be answered. */
  rejectAll(cause: ChatError): void {
    for (const { answer } of this.#asked.values()) answer.reject(cause);
    this.#asked.clear();
  }
}

function mayAnswer(
  from: string | undefined,
  to: string | undefined,
  self: { jid: string | undefined; domain: string },
): boolean {
  if (to !== undefined) return from === to;
  return from === undefined || from === self.domain || from === self.jid || from === self.jid?.split("/")[0];
}

const CODES: Readonly<Record<string, ChatErrorCode | undefined>> = {
  "not-authorized": "unauthorized",
  conflict: "conflict",
  "item-not-found": "not-found",
  "recipient-unavailable": "not-found",
  "resource-constraint": "rate-limited",
  "feature-not-implemented": "unsupported",
  "service-unavailable": "unsupported",
  "remote-server-timeout": "timed-out",
  "remote-server-not-found": "unreachable",
  "internal-server-error": "unreachable",
  "bad-request": "invalid-argument",
  "jid-malformed": "invalid-argument",
};

const NS_STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";

/** Reads the error of an iq, message or presence (RFC 6120 §8.3). */
export function readStanzaError(stanza: XmlElement): IqError {
  const error = stanza.getChild("error");
  const children = error?.getChildElements() ?? [];
  // By namespace, not by place: ejabberd puts <file-too-large/> before the condition.
  const condition = children.find((child) => child.getNS() === NS_STANZA_ERRORS && child.name !== "text")?.name;
  return {
    condition: condition ?? "undefined-condition",
    type: error?.attrs["type"] ?? "cancel",
    text: error?.getChildText("text") ?? undefined,
    by: error?.attrs["by"],
    stanza,
  };
}

function stanzaError(iq: XmlElement): ChatError {
  const error = readStanzaError(iq);
  return new ChatError(lookUp(CODES, error.condition) ?? "refused", `The chat server answered ${error.condition}.`, {
    vendor: { name: "xmpp", code: error.condition },
    cause: error,
  });
}
