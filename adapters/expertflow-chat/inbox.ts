import type { Emitter } from "../../src/kit/emitter.ts";
import { messageId } from "../../src/kit/ids.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { TransportEvents } from "../../src/transport/events.ts";
import type { ChatMessage, Participant } from "../../src/transport/messages.ts";
import type { Doorway } from "./doorway.ts";
import type { SolutionActivity, SolutionBotMessage, SolutionChatMessage } from "./wire/decode-message.ts";
import type { Sender } from "./wire/encode.ts";
import { recordField, textField } from "./wire/fields.ts";
import { decodeParticipant, toParticipant, type SolutionParticipant } from "./wire/people.ts";
import { toBody } from "./wire/to-body.ts";

/** How long somebody is shown as typing; the protocol has no end of it. */
const TYPING_MS = 5_000;

/** Something that was said. */
export type Said = SolutionChatMessage | SolutionBotMessage;

/** Turns what `messageArrived` brings into events, each message once. */
export class Inbox {
  readonly participants: Map<string, Participant> = new Map();
  readonly #emitter: Emitter<TransportEvents>;
  readonly #doorway: Doorway;
  readonly #known = new Set<string>();
  readonly #typing = new Map<string, { from: Participant; timer: ReturnType<typeof setTimeout> }>();
  #self: Participant;
  #greeting = "";

  constructor(emitter: Emitter<TransportEvents>, doorway: Doorway) {
    this.#emitter = emitter;
    this.#doorway = doorway;
    this.#self = { id: "", name: "", role: doorway.role, isSelf: true };
  }

  get self(): Participant {
    return this.#self;
  }

  /** Who this is, once the service has said it. */
  become({ id, name }: Sender): void {
    this.#self = { ...this.#self, id, name };
    this.participants.set(id, this.#self);
  }

  /** Whether that message was delivered here. */
  knows(key: string): boolean {
    return this.#known.has(key);
  }

  /** Tells of a message. @returns whether it was known already. */
  say(message: Said, replayed: boolean): boolean {
    if (this.knows(message.key)) return true;
    if (message.kind === "chat" && message.isWhisper && !this.#doorway.hearsWhispers) {
      this.#emitter.emit("warning", strayWhisper());
      return false;
    }
    if (message.kind === "bot" && this.#doorway.onSuggestion?.(message, replayed) === true) return false;
    this.#known.add(message.key);
    this.#doorway.onSaid?.(message);
    this.#stopTyping(message.from.id);
    this.#emitter.emit("message", this.toChatMessage(message, replayed));
    return false;
  }

  /** What a message says, without telling of it: for history. */
  toChatMessage(message: Said, replayed: boolean): ChatMessage {
    const from = this.#who(message.from);
    const told: ChatMessage = {
      id: messageId(message.key),
      from,
      sentAt: notLater(message.sentAt),
      replayed,
      body: toBody(message, (warning) => this.#emitter.emit("warning", warning)),
      raw: message.raw,
    };
    if (from.isSelf) told.clientId = message.key;
    if (message.kind === "chat" && message.isWhisper) told.whisper = true;
    return told;
  }

  /** The greeting is the service's first word: said once, also where every join brings it again. */
  greet(activity: SolutionActivity): void {
    const said = textField(activity.info, "text") || textField(activity.info, "message");
    if (said === "" || said === this.#greeting) return;
    this.#greeting = said;
    this.#known.add(activity.key);
    const from: Participant = { ...this.#who(activity.from), role: "system" };
    const body = { kind: "text", text: said } as const;
    const sentAt = notLater(activity.sentAt);
    this.#emitter.emit("message", {
      id: messageId(activity.key),
      from,
      sentAt,
      replayed: false,
      body,
      raw: activity.raw,
    });
  }

  /** An activity that no guide has: whoever knows it can read it. */
  unknown(activity: SolutionActivity): void {
    if (this.knows(activity.key)) return;
    this.#known.add(activity.key);
    const { activityType: type, info, raw } = activity;
    this.#emitter.emit("message", {
      id: messageId(activity.key),
      from: this.#who(activity.from),
      sentAt: notLater(activity.sentAt),
      replayed: false,
      body: { kind: "custom", type, text: textField(info, "text"), data: info },
      raw,
    });
  }

  /** Everything about who is there that an activity tells. */
  people(activity: SolutionActivity): void {
    const about = recordField(activity.info, "participant");
    const member = Object.keys(about).length > 0 ? decodeParticipant(about) : activity.from;
    switch (activity.activityType.toLowerCase()) {
      case "participantjoined":
      case "participantadded":
        return this.#join(member);
      case "participantleft":
      case "participantremoved":
        return this.#leave(member);
      default:
    }
  }

  /** Who was there already, as `conversationInfo` and past messages tell. */
  learn(members: readonly SolutionParticipant[]): void {
    for (const member of members) this.#join(member);
  }

  /** Somebody is composing. */
  types(from: SolutionParticipant): void {
    const who = this.#who(from);
    if (!who.isSelf) this.#setTyping(who, "composing");
  }

  /** Ends all waiting. */
  stop(): void {
    for (const { timer } of this.#typing.values()) clearTimeout(timer);
    this.#typing.clear();
  }

  #join(member: SolutionParticipant): void {
    if (member.id === "") return;
    const before = this.participants.get(member.id);
    if (!before) {
      const participant = toParticipant(member, this.#self.id);
      this.participants.set(member.id, participant);
      this.#emitter.emit("participant", { change: "joined", participant });
      return;
    }
    const after: Participant = { ...before, name: member.name || before.name };
    if (member.role !== "unknown" && !before.isSelf) after.role = member.role;
    if (member.isOwner === true) after.isOwner = true;
    else if (member.isOwner === false) delete after.isOwner;
    if (after.role === before.role && after.isOwner === before.isOwner && after.name === before.name) return;
    this.participants.set(member.id, after);
    if (before.isSelf) this.#self = after;
    this.#emitter.emit("participant", {
      change: after.name === before.name ? "role-changed" : "renamed",
      participant: after,
    });
  }

  #leave({ id }: SolutionParticipant): void {
    const participant = this.participants.get(id);
    if (!participant || participant.isSelf) return;
    this.participants.delete(id);
    this.#stopTyping(id);
    this.#emitter.emit("participant", { change: "left", participant });
  }

  #setTyping(from: Participant, state: "composing" | "paused"): void {
    this.#stopTyping(from.id);
    if (state === "composing") {
      const timer = setTimeout(() => this.#setTyping(from, "paused"), TYPING_MS);
      this.#typing.set(from.id, { from, timer });
    }
    this.#emitter.emit("chat-state", { from, state });
  }

  #stopTyping(id: string): void {
    clearTimeout(this.#typing.get(id)?.timer);
    this.#typing.delete(id);
  }

  #who(member: SolutionParticipant): Participant {
    return this.participants.get(member.id) ?? toParticipant(member, this.#self.id);
  }
}

/** The service's clock, but never the future. */
function notLater(time: Date | undefined): Date {
  const now = new Date();
  return time && time < now ? time : now;
}

function strayWhisper(): ChatError {
  return new ChatError("bad-frame", "A message between agents came to somebody who must not read it. It was dropped.", {
    remedy: "Tell the contact centre: its server sends whispers where they do not belong.",
    vendor: { name: "expertflow-chat", code: "whisper" },
  });
}
