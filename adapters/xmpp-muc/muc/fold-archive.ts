import type { ChatMessage, MessageId } from "../../../src/transport/messages.ts";
import { sameAccount } from "./evidence.ts";
import type { StanzaAuthor } from "./participants.ts";
import type { RoomStanza } from "./room-stanza.ts";
import { toBody, toChatMessage, type BodySettings } from "./to-chat-message.ts";

/** How many changes wait for the message they belong to. */
const MAX_WAITING = 512;

/** What folding needs to know. */
export interface FoldContext {
  authorOf(stanza: RoomStanza): StanzaAuthor;
  /** The id under which a message was or will be delivered. */
  idOf(stanza: RoomStanza, author: StanzaAuthor): MessageId;
  resolve(reference: string): MessageId;
  settings: BodySettings;
}

interface Signed {
  stanza: RoomStanza;
  author: StanzaAuthor;
}

/**
 * Makes messages of archived stanzas: corrections, retractions and reactions are applied to what they refer to, markers
 * and states are left out. A change that comes before its message (a newer page was read first) waits for it.
 */
export class ArchiveFolder {
  readonly #context: FoldContext;
  /** By the id they refer to: stanza-id, `id` attribute or origin id. */
  readonly #waiting = new Map<string, Signed[]>();
  #count = 0;

  constructor(context: FoldContext) {
    this.#context = context;
  }

  /** @param stanzas one page, oldest first. */
  fold(stanzas: readonly RoomStanza[]): ChatMessage[] {
    const originals: Signed[] = [];
    for (const stanza of stanzas) {
      const signed = { stanza, author: this.#context.authorOf(stanza) };
      const target = targetOf(stanza);
      if (target !== undefined) this.#wait(target, signed);
      else if (stanza.hasContent) originals.push(signed);
    }
    return originals.map((signed) => this.#toMessage(signed));
  }

  #wait(target: string, signed: Signed): void {
    if (this.#count >= MAX_WAITING) return;
    this.#count++;
    const list = this.#waiting.get(target);
    if (list) list.push(signed);
    else this.#waiting.set(target, [signed]);
  }

  #toMessage({ stanza, author }: Signed): ChatMessage {
    const { settings } = this.#context;
    const replyTo = stanza.reply && this.#context.resolve(stanza.reply.id);
    const message = toChatMessage(stanza, this.#context.idOf(stanza, author), author, replyTo, settings);
    for (const change of this.#changesOf(stanza)) this.#apply(message, { stanza, author }, change);
    return message;
  }

  #changesOf(stanza: RoomStanza): Signed[] {
    const references = new Set([stanza.stanzaId, stanza.msgid, stanza.originId]);
    const changes: Signed[] = [];
    for (const reference of references) {
      if (reference !== undefined) changes.push(...(this.#waiting.get(reference) ?? []));
    }
    return changes.toSorted((a, b) => a.stanza.timeMs - b.stanza.timeMs);
  }

  #apply(message: ChatMessage, original: Signed, change: Signed): void {
    const { stanza, author } = change;
    if (stanza.reactions) {
      const reactions = new Map(message.reactions);
      if (stanza.reactions.reactions.length === 0) reactions.delete(author.participant.id);
      else reactions.set(author.participant.id, stanza.reactions.reactions);
      if (reactions.size > 0) message.reactions = reactions;
      else delete message.reactions;
      return;
    }
    // Moderations come from the room alone (decoding sees to it); everything else only from the author.
    if (!stanza.moderation && !sameAuthor(original, change)) return;
    if (stanza.replaceId !== undefined && message.body.kind !== "retracted") {
      message.body = toBody(stanza, this.#context.settings);
      message.edited = true;
    } else if (stanza.moderation ?? stanza.retraction) message.body = { kind: "retracted" };
  }
}

function targetOf(stanza: RoomStanza): string | undefined {
  return stanza.moderation?.id ?? stanza.retraction?.id ?? stanza.reactions?.id ?? stanza.replaceId;
}

function sameAuthor(a: Signed, b: Signed): boolean {
  if (a.stanza.occupantId !== undefined && b.stanza.occupantId !== undefined) {
    return a.stanza.occupantId === b.stanza.occupantId;
  }
  if (a.author.isSelf && b.author.isSelf) return true;
  return sameAccount(a.stanza.realJid, b.stanza.realJid);
}
