import { createEmitter } from "../../../src/kit/emitter.ts";
import { messageId } from "../../../src/kit/ids.ts";
import type { Unsubscribe } from "../../../src/transport/call.ts";
import type { ChatMessage, OutgoingBody, Participant } from "../../../src/transport/messages.ts";
import type { XmppRoom } from "../room-transport.ts";

/** A whisper as it was heard, or sent. */
export interface Whisper {
  from: Participant;
  /** The sender's own id. */
  id: string;
  at: Date;
  body: OutgoingBody;
  raw: unknown;
}

/** Messages that the room does not reflect. While it still says what was before they wait: they are of now. */
export class RoomWhispers {
  readonly #emitter = createEmitter<{ message: ChatMessage }>();
  readonly #held: ChatMessage[] = [];
  #replaying = true;

  constructor(room: XmppRoom) {
    room.on("state", ({ current }) => {
      this.#replaying = true;
      if (current.status === "closed") this.#emitter.clear();
    });
    room.on("replay-ended", () => {
      this.#replaying = false;
      // After whoever else hears that the past is told.
      queueMicrotask(() => this.#tellHeld());
    });
  }

  on(listener: (message: ChatMessage) => void): Unsubscribe {
    return this.#emitter.on("message", listener);
  }

  /** Tells it, own ones with their `clientId`. @returns the id it is known by. */
  tell({ from, id, at, body, raw }: Whisper): ChatMessage["id"] {
    const known = messageId(`whisper ${from.id} ${id}`);
    const own = from.isSelf ? { clientId: id } : {};
    this.#held.push({ id: known, from, sentAt: at, body, replayed: false, whisper: true, raw, ...own });
    this.#tellHeld();
    return known;
  }

  #tellHeld(): void {
    if (this.#replaying) return;
    for (const message of this.#held.splice(0)) this.#emitter.emit("message", message);
  }
}
