import { ChatError } from "../../../src/transport/errors.ts";
import { readStanzaError } from "../connection/iq-tracker.ts";
import type { XmlElement } from "../xml.ts";

/** Not an occupant. @throws ChatError `not-found`. */
export function notThere(): never {
  throw new ChatError("not-found", "They are not in the conversation.");
}

/** What a message of ours came back with. */
export function toRefusal(stanza: XmlElement): ChatError {
  const { condition } = readStanzaError(stanza);
  const gone = condition === "item-not-found" || condition === "recipient-unavailable";
  return new ChatError(gone ? "not-found" : "refused", `The room did not pass it on (${condition}).`, {
    vendor: { name: "xmpp", code: condition },
  });
}

/** Nothing rings under that id any more. */
export function answeredBefore(): ChatError {
  return new ChatError("conflict", "That request was answered before.");
}

/** An agent wanted to look on. */
export function onlySupervisors(): ChatError {
  return new ChatError("refused", "Only supervisors look on.");
}

/** The room does not keep visitors unseen. */
export function wouldBeSeen(): ChatError {
  return new ChatError("refused", "Whoever came into this room would be seen.", {
    remedy: "Make it moderated, leave visitors out of presence broadcast, and supervisors out of its members.",
    vendor: { name: "xmpp", code: "muc/seen" },
  });
}
