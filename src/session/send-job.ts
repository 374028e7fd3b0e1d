import { createDeferred, type Deferred } from "../kit/deadline.ts";
import type { Call } from "../transport/call.ts";
import type { ChatError } from "../transport/errors.ts";
import type { OutgoingBody, OutgoingMessage, Sent } from "../transport/messages.ts";
import type { Entry } from "./message-log.ts";

/** A message on its way. */
export interface Job {
  message: OutgoingMessage;
  entry: Entry;
  call: Call;
  done: Deferred<Sent>;
  onWire: boolean;
  /** From just before it is handed over: whoever finds it later cannot know whether it left. */
  attempted: boolean;
  /** The transport has it. Until then it can be taken back. */
  sending: boolean;
  /** Handed over, and nobody knows what became of it. */
  inDoubt: ChatError | undefined;
  repeats: number;
}

/** One that has not been tried. */
export function newJob(message: OutgoingMessage, entry: Entry, call: Call): Job {
  const done = createDeferred<Sent>();
  // A caller who only listens to events must not be blamed for an unhandled rejection.
  done.promise.catch(() => undefined);
  return {
    message,
    entry,
    call,
    done,
    onWire: false,
    attempted: false,
    sending: false,
    inDoubt: undefined,
    repeats: 0,
  };
}

/** A plain text as a body. */
export function toBody(content: string | OutgoingBody): OutgoingBody {
  return typeof content === "string" ? { kind: "text", text: content } : content;
}
