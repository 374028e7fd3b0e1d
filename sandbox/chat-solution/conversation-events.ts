import { randomUUID } from "node:crypto";
import { isStaff, type Conversation, type Member } from "./conversation.ts";
import { field, fieldsOf, idOf, listOf, textField } from "./read.ts";
import { Refusal } from "./refusal.ts";
import { requestAgent } from "./routing.ts";
import type { Turn } from "./turn.ts";
import type { WireAddressee, WireAttachment, WireBotMessage, WireChatMessage } from "./wire.ts";

/** Customers, connectors, bots, and agents after a drop enter a conversation. */
function joinConversation(turn: Turn): void {
  const { seat } = turn;
  const conversation = turn.conversation();
  const id = idOf(field(turn.payload, "participant"));
  if (id === undefined) throw new Refusal("bad-payload", "participant has no id.");
  if (seat.identity?.kind === "bot") joinAsBot(turn, conversation);
  else if (seat.identity?.kind === "agent") comeBack(turn, conversation, seat.identity.id);
  else joinAsCustomer(turn, conversation, id);
}

function joinAsCustomer({ centre, seat }: Turn, conversation: Conversation, id: string): void {
  const member = conversation.members.get(conversation.customer.id);
  if (!member || member.id !== id) throw new Refusal("not-a-participant", "That conversation is somebody else's.");
  if (!conversation.open) {
    centre.inform(seat, conversation, member);
    centre.tell(seat, conversation.id, "endOfConversation", {});
    return;
  }
  centre.attach(seat, conversation, member);
  const isFirst = !conversation.greeted;
  conversation.greeted = true;
  if (isFirst || centre.switches.greetAgain) centre.tell(seat, conversation.id, "greetings", { text: centre.greeting });
  centre.inform(seat, conversation, member);
  if (!isFirst) return;
  centre.announce(conversation, "participantJoined", member, { except: seat });
  if (centre.switches.handOffWithoutBot && conversation.botId === undefined) requestAgent(centre, conversation);
}

function joinAsBot({ centre, seat }: Turn, conversation: Conversation): void {
  if (seat.identity?.kind !== "bot") return;
  const { id, name } = seat.identity;
  if (!conversation.open) {
    centre.emit(seat, "endConversation", centre.endNotice(conversation));
    return;
  }
  if (conversation.botId !== undefined && conversation.botId !== id)
    throw new Refusal("not-a-participant", "Another bot has that conversation.");
  conversation.botId = id;
  const isFirst = !conversation.members.has(id);
  const member = centre.enter(conversation, { id, name, type: "Bot" });
  centre.attach(seat, conversation, member);
  if (isFirst) centre.announce(conversation, "participantJoined", member);
  else centre.tell(seat, conversation.id, "participantJoined", { participant: { id, name } });
  if (!centre.switches.pushMissedToBots) return;
  for (const entry of conversation.entriesFor(member)) {
    const isMissed = entry.message.type === "ChatMessage" && entry.by !== id && !entry.receivedBy.includes(id);
    if (isMissed) centre.pass(seat, member, entry);
  }
}

/** An agent who signed in again takes his place again. */
function comeBack({ centre, seat }: Turn, conversation: Conversation, id: string): void {
  const member = conversation.members.get(id);
  if (!member) throw new Refusal("not-a-participant", "You do not take part in that conversation.");
  centre.inform(seat, conversation, member);
  if (conversation.open) centre.attach(seat, conversation, member);
  else centre.tell(seat, conversation.id, "endOfConversation", {});
}

/** Somebody says something, types, or answers as a bot. */
function sendMessage(turn: Turn): void {
  const conversation = turn.openConversation();
  const member = turn.speakerIn(conversation);
  // The Agent API's prose has `activityMessage`.
  const type = (textField(turn.payload, "type") ?? "").toLowerCase();
  if (type === "chatmessage") say(turn, conversation, member);
  else if (type === "botmessage") answer(turn, conversation, member);
  else if (type === "activitymessage") passActivity(turn, conversation, member);
  else throw new Refusal("bad-payload", "type is ChatMessage, ActivityMessage or BotMessage.");
}

function say({ centre, seat, payload }: Turn, conversation: Conversation, member: Member): void {
  const text = field(payload, "text") ?? "";
  const attachments = listOf(field(payload, "attachments"));
  if (typeof text !== "string") throw new Refusal("bad-payload", "text is a text.");
  if (text === "" && attachments.length === 0)
    throw new Refusal("bad-payload", "There is neither text nor attachment.");
  const tag = textField(payload, "tag");
  const isWhisper = tag === "whisper";
  if (isWhisper && !isStaff(member)) throw new Refusal("not-for-customers", "Only who works here may whisper.");
  const [refId, language] = [textField(payload, "refId"), textField(payload, "language")];
  const message: WireChatMessage = {
    conversationId: conversation.id,
    type: "ChatMessage",
    requestId: textField(payload, "requestId") ?? randomUUID(),
    timestamp: centre.stamp(conversation, textField(payload, "timestamp")),
    from: { id: member.id, name: member.name },
    to: readAddressees(field(payload, "to")),
    text,
    attachments: attachments.map(readAttachment),
    channel: conversation.channel,
    ...(refId !== undefined && { refId }),
    ...(language !== undefined && { language }),
    ...(isWhisper && { tag }),
  };
  // A bot's words are a suggestion, too, as long as somebody is there to take it.
  const isForStaff = isWhisper || (member.type === "Bot" && conversation.hasHuman);
  const audience = isForStaff ? "staff" : "all";
  centre.post(conversation, message, { by: member.id, audience, ...(!centre.switches.echo && { except: seat }) });
}

function answer({ centre, seat, payload }: Turn, conversation: Conversation, member: Member): void {
  const { identity } = seat;
  if (identity?.kind !== "bot") throw new Refusal("bad-payload", "Only bots send a BotMessage.");
  const messageId = textField(payload, "messageId");
  if (messageId === undefined) throw new Refusal("bad-payload", "messageId is missing.");
  const text = textField(payload, "text");
  const from = fieldsOf(field(payload, "from"));
  const message: WireBotMessage = {
    conversationId: conversation.id,
    messageId,
    type: "BotMessage",
    from: { id: textField(from, "id") ?? "", name: textField(from, "name") ?? "" },
    bot: { id: identity.id, name: identity.name, type: identity.type },
    timestamp: centre.stamp(conversation, textField(payload, "timestamp")),
    input: textField(payload, "input") ?? "",
    ...(text !== undefined && { text }),
    intents: listOf(field(payload, "intents")),
    entities: listOf(field(payload, "entities")),
    output: listOf(field(payload, "output")).map(readOutput),
  };
  if (message.output.length === 0 && text === undefined)
    throw new Refusal("bad-payload", "There is neither output nor text.");
  const audience = conversation.hasHuman ? "staff" : "all";
  centre.post(conversation, message, { by: member.id, audience, ...(!centre.switches.echo && { except: seat }) });
}

/** Of all activities clients may only tell that they type: the others are the server's to announce. */
function passActivity({ centre, seat, payload }: Turn, conversation: Conversation, member: Member): void {
  if (textField(payload, "activityType") !== "typing")
    throw new Refusal("bad-payload", "Clients can tell that they type, nothing else.");
  const message = {
    ...centre.activity(conversation.id, "typing", fieldsOf(field(payload, "info"))),
    from: { id: member.id, name: member.name },
  };
  const audience = member.type === "Bot" && conversation.hasHuman ? "staff" : "all";
  centre.post(conversation, message, { by: member.id, audience, except: seat, keep: false });
}

/** The customer or the owner ends it for everybody. */
function endConversation(turn: Turn): void {
  const conversation = turn.openConversation();
  const member = turn.speakerIn(conversation);
  if (member.type !== "Customer" && member.role !== "Owner")
    throw new Refusal("not-the-owner", "Only the customer and the owner end a conversation.");
  turn.centre.end(conversation, member);
}

/** The customer or the bot wants a person. */
function requestAgentTransfer(turn: Turn): void {
  const conversation = turn.openConversation();
  const member = turn.speakerIn(conversation);
  if (isStaff(member)) throw new Refusal("bad-payload", "Agents transfer with transferChat.");
  const { conversationId: _id, requestId: _requestId, timestamp: _timestamp, ...handOff } = turn.payload;
  if (Object.keys(handOff).length > 0) conversation.handOff = handOff;
  requestAgent(turn.centre, conversation);
}

/** What everybody does in a conversation. */
export const CONVERSATION_EVENTS: Readonly<Record<string, (turn: Turn) => void>> = {
  joinConversation,
  sendMessage,
  endConversation,
  requestAgentTransfer,
};

function readAddressees(value: unknown): WireAddressee[] {
  return listOf(value).flatMap((each) => {
    const id = idOf(each);
    const name = textField(fieldsOf(each), "name");
    return id === undefined ? [] : [{ id, ...(name !== undefined && { name }) }];
  });
}

function readAttachment(value: unknown): WireAttachment {
  const from = fieldsOf(value);
  const contentUrl = textField(from, "contentUrl");
  if (contentUrl === undefined) throw new Refusal("bad-payload", "An attachment has a contentUrl.");
  const thumbnailUrl = textField(from, "thumbnailUrl");
  return {
    type: textField(from, "type") ?? "application/octet-stream",
    name: textField(from, "name") ?? "",
    contentUrl,
    ...(thumbnailUrl !== undefined && { thumbnailUrl }),
  };
}

function readOutput(value: unknown): { name: string; confidence: number } {
  const from = fieldsOf(value);
  const confidence = from["confidence"];
  return { name: textField(from, "name") ?? "", confidence: typeof confidence === "number" ? confidence : 0 };
}
