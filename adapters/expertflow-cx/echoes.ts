import { createDeferred, type Deferred } from "../../src/kit/deadline.ts";
import type { ChatError } from "../../src/transport/errors.ts";
import type { OutgoingBody, Sent } from "../../src/transport/messages.ts";
import type { CimMessage } from "./wire/cim-message.ts";
import type { CxEnvelope } from "./wire/envelope.ts";
import { record, text, type Fields } from "../../src/kit/read.ts";

/** A message that was sent and has not come back yet. */
export interface PendingSend {
  readonly clientId: string;
  readonly body: OutgoingBody;
  readonly type: string;
  readonly print: string;
  readonly answered: Deferred<Sent>;
  /** The server said that it has this very message. */
  acknowledged: boolean;
  /** Sent over a link that is gone: it is there only if the history shows it. */
  ofLostLink: boolean;
}

/** How many sends without an echo are remembered: the oldest that never come back are forgotten. */
const MAX_PENDING = 200;

/**
 * Pairs what comes back with what was sent. The protocol has no id of the sender's: an echo belongs to the oldest
 * acknowledged send that says the same, else to the oldest that says the same. Socket and server keep the order, so two
 * equal texts in a row find their own.
 */
export class Echoes {
  #pending: PendingSend[] = [];

  /** Something is being sent. */
  expect(clientId: string, body: OutgoingBody, envelope: CxEnvelope): PendingSend {
    const header = record(envelope.header);
    const type = text(envelope.body["type"]);
    const pending: PendingSend = {
      clientId,
      body,
      type,
      print: printOf(type, envelope.body, text(header["originalMessageId"])),
      answered: createDeferred<Sent>(),
      acknowledged: false,
      ofLostLink: false,
    };
    pending.answered.promise.catch(() => undefined);
    // The same again: what the first one left behind is this one's.
    this.#pending = this.#pending.filter((other) => other.clientId !== clientId).slice(-MAX_PENDING + 1);
    this.#pending.push(pending);
    return pending;
  }

  /** The send that this echo belongs to; it is not waited for any longer. */
  take(message: CimMessage): PendingSend | undefined {
    const print = printOf(message.type, message.body, message.refersTo);
    const same = this.#pending.filter((pending) => pending.print === print);
    const found = same.find(({ acknowledged }) => acknowledged) ?? same[0] ?? this.#rewritten(message);
    if (found) this.drop(found);
    return found;
  }

  /** It will not come back. */
  drop(pending: PendingSend): void {
    this.#pending = this.#pending.filter((other) => other !== pending);
  }

  /** Rejects whoever waits. What was sent may be in the history yet. */
  linkLost(error: ChatError): void {
    for (const pending of this.#pending) {
      pending.ofLostLink = true;
      pending.answered.reject(error);
    }
  }

  /** The history of this conversation was read: what it does not show has not arrived. */
  historyRead(): void {
    this.#pending = this.#pending.filter(({ ofLostLink }) => !ofLostLink);
  }

  /** The server may write a text differently. Where it has said that it took the only send there is, this must be it. */
  #rewritten(message: CimMessage): PendingSend | undefined {
    const [only, ...others] = this.#pending;
    return others.length === 0 && only?.acknowledged && only.type === message.type ? only : undefined;
  }
}

function printOf(type: string, body: Fields, refersTo: string): string {
  const said = [body["markdownText"], record(body["attachment"])["mediaUrl"], body["formId"]].map(text);
  return JSON.stringify([type, ...said, refersTo]);
}
