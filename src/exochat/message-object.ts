import type { FileAttachment, LegacyStanza } from "./ports.ts";

/**
 * What `messageReceived` listeners get, field by field as the vendor's document has it. Typing, markers and receipts
 * arrive as messages without a body: test `body`, `subtype` or `chatEnded` before rendering.
 */
export interface MessageObject {
  id: string;
  msgid: string;
  body: string | undefined;
  /** The same as `body`. */
  message: string | undefined;
  from: string;
  from_muc: string;
  from_real_jid: string | undefined;
  to: string;
  nick: string | null;
  occupant_id: string | undefined;
  /** `agent` means only "not me": bots, supervisors and notices included. */
  sender: "agent" | "me";
  type: "groupchat" | "error";
  chat_state: "active" | "composing" | "paused" | "inactive" | undefined;
  /** ISO 8601, UTC, milliseconds. */
  time: string;
  /** When it arrived here; same format. */
  received: string;
  subtype: string | null;
  files: FileAttachment[] | null;
  userRole: "agent" | "bot" | "supervisor" | null;
  is_markable: boolean;
  is_marker: boolean;
  marker_id: string | undefined;
  receipt_id: string | undefined;
  /** Becomes true when a displayed marker was sent for it. */
  displayed: boolean;
  interaction_data: { chatId: string; interaction_id: string } | null;
  chatEnded: boolean;
  /** Extension: the room itself speaks, nobody in it. */
  is_system: boolean;
  /** From history, not live. */
  is_archived: boolean;
}

/** The ids of an ended chat; `chatid` and `interactionId` are accessors, so that spread and JSON do not see them. */
class InteractionData {
  chatId: string;
  interaction_id: string;

  constructor(chatId: string, interactionId: string) {
    this.chatId = chatId;
    this.interaction_id = interactionId;
  }

  get chatid(): string {
    return this.chatId;
  }
  get interactionId(): string {
    return this.interaction_id;
  }
}

/** How message objects are spelled. */
export interface MessageObjectOptions {
  subtypeCase: "upper" | "lower";
  now: () => Date;
}

/** The object itself: fields in the document's spelling, aliases as accessors of the class. */
class MessageRecord implements MessageObject {
  id: string;
  msgid: string;
  body: string | undefined;
  message: string | undefined;
  from: string;
  from_muc: string;
  from_real_jid: string | undefined;
  to: string;
  nick: string | null;
  occupant_id: string | undefined;
  sender: "agent" | "me";
  type: "groupchat" | "error";
  chat_state: MessageObject["chat_state"];
  time: string;
  received: string;
  subtype: string | null;
  files: FileAttachment[] | null;
  userRole: MessageObject["userRole"];
  is_markable: boolean;
  is_marker: boolean;
  marker_id: string | undefined;
  receipt_id: string | undefined;
  displayed: boolean = false;
  interaction_data: MessageObject["interaction_data"];
  chatEnded: boolean;
  is_system: boolean;
  is_archived: boolean;

  constructor(stanza: LegacyStanza, { subtypeCase, now }: MessageObjectOptions) {
    this.id = stanza.id;
    this.msgid = stanza.msgid;
    this.body = stanza.body;
    this.message = stanza.body;
    this.from = stanza.from;
    this.from_muc = stanza.fromMuc;
    this.from_real_jid = stanza.fromRealJid;
    this.to = stanza.to;
    this.nick = stanza.nick;
    this.occupant_id = stanza.occupantId;
    this.sender = stanza.isMine ? "me" : "agent";
    this.type = stanza.isError ? "error" : "groupchat";
    this.chat_state = stanza.chatState;
    this.time = stanza.time.toISOString();
    this.received = now().toISOString();
    this.subtype = stanza.subtype ?? impliedSubtype(stanza, subtypeCase);
    this.files = stanza.files;
    this.userRole = stanza.userRole;
    this.is_markable = stanza.isMarkable;
    this.is_marker = stanza.markerId !== undefined;
    this.marker_id = stanza.markerId;
    this.receipt_id = stanza.receiptId;
    this.interaction_data = interactionOf(stanza);
    this.chatEnded = stanza.chatEnded;
    this.is_system = stanza.nick === null;
    this.is_archived = stanza.isArchived;
  }

  get userrole(): MessageObject["userRole"] {
    return this.userRole;
  }
  set userrole(role: MessageObject["userRole"]) {
    this.userRole = role;
  }
  get user_role(): MessageObject["userRole"] {
    return this.userRole;
  }
  set user_role(role: MessageObject["userRole"]) {
    this.userRole = role;
  }
  get interactionData(): MessageObject["interaction_data"] {
    return this.interaction_data;
  }
  set interactionData(data: MessageObject["interaction_data"]) {
    this.interaction_data = data;
  }
  get chatended(): boolean {
    return this.chatEnded;
  }
  set chatended(ended: boolean) {
    this.chatEnded = ended;
  }
  get chat_ended(): boolean {
    return this.chatEnded;
  }
  set chat_ended(ended: boolean) {
    this.chatEnded = ended;
  }
}

/** Makes the object of a stanza. Every documented key is there, `null` or `undefined` where the stanza has nothing. */
export function toMessageObject(stanza: LegacyStanza, options: MessageObjectOptions): MessageObject {
  const record = new MessageRecord(stanza, options);
  // What Converse's object has besides never overrides a documented field.
  for (const key in stanza.extras) if (!(key in record)) Reflect.set(record, key, stanza.extras[key]);
  return record;
}

function impliedSubtype({ files, body }: LegacyStanza, subtypeCase: "upper" | "lower"): string | null {
  const subtype = files && files.length > 0 ? "MEDIA_MSG" : body === undefined ? null : "NORMAL_TEXT_MSG";
  return subtypeCase === "lower" && subtype !== null ? subtype.toLowerCase() : subtype;
}

function interactionOf({ chatEnded, interaction }: LegacyStanza): MessageObject["interaction_data"] {
  return chatEnded && interaction
    ? new InteractionData(interaction.chatId ?? "", interaction.interactionId ?? "")
    : null;
}
