import { ChatError } from "../transport/errors.ts";
import type { LegacyStanza } from "./ports.ts";

/** What the contact centre's messages of one chat said beside their text. */
export class VendorWords {
  #chatId: string | undefined;
  #interactionId: string | undefined;
  #heard = false;
  #understood = false;

  /** The last ids of chat and interaction that somebody gave who may: what ends the chat need not repeat them. */
  get interaction(): { chatId?: string; interactionId?: string } | null {
    if (this.#chatId === undefined && this.#interactionId === undefined) return null;
    return {
      ...(this.#chatId === undefined ? {} : { chatId: this.#chatId }),
      ...(this.#interactionId === undefined ? {} : { interactionId: this.#interactionId }),
    };
  }

  take({ isMine, isArchived, isError, nick, userRole, body, interaction, carriesPayload }: LegacyStanza): void {
    if (isMine || isError) return;
    const { chatId, interactionId } = interaction ?? {};
    // Only the room, and whom it vouches for: others may claim any id.
    if (nick === null || userRole !== null) {
      this.#chatId = chatId ?? this.#chatId;
      this.#interactionId = interactionId ?? this.#interactionId;
    }
    if (carriesPayload) this.#understood = true;
    else if (nick !== null && body !== undefined && !isArchived) this.#heard = true;
  }

  /** What to tell at the end of a chat in which nothing of the vendor's was found; `undefined` when something was. */
  silence(): ChatError | undefined {
    if (this.#understood || !this.#heard) return undefined;
    return new ChatError(
      "bad-frame",
      "No message of this chat carried anything of the vendor's: type, files or role.",
      {
        remedy: "Check wire.readDialects against the tenant, and whether the room service strips unknown elements.",
        vendor: { name: "exotel", code: "message/no-payload" },
      },
    );
  }
}
