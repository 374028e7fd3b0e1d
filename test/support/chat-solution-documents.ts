// What the two guides of the Chat Solution name, spelled as they do it. Source: API Developer Guide, Chat Solution 3.0 (2018), and
// Customer Channel API, a later edition of its customer part.

/** Events that clients emit. `bargeln` is the guide's own misprint. */
export const CLIENT_EVENTS: readonly string[] = [
  "registerConnector",
  "joinConversation",
  "sendMessage",
  "endConversation",
  "requestAgentTransfer",
  "amq-sub",
  "amq-send",
  "login",
  "changeState",
  "acceptChatRequest",
  "addParticipant",
  "removeParticipant",
  "transferChat",
  "raiseHand",
  "wrapUp",
  "silentMonitor",
  "bargeIn",
  "bargeln",
  "registerBot",
];

/** Events that the server emits. */
export const SERVER_EVENTS: readonly string[] = [
  "messageArrived",
  "conversationInfo",
  "receiveChatRequest",
  "amq-msg",
  "initConversation",
  "endConversation",
];

export const REST_CALLS: readonly string[] = [
  "POST /api/customer/init",
  "GET /api/customer/transcript/{ID}/pdf",
  "GET /api/customer/transcript/{ID}/email",
  "POST /api/external/message",
  "GET /api/conversation/past-messages",
  "POST /api/initContext",
];

export const ACTIVITY_TYPES: readonly string[] = [
  "greetings",
  "typing",
  "participantAdded",
  "participantRemoved",
  "participantJoined",
  "participantLeft",
  "endOfConversation",
  "handOff",
  "noAgentAvailable",
];

/** Fields by object; a dot leads into an object, or into the first of a list. */
export const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "init request v3": ["name", "email", "phone", "channel", "requestId", "timestamp"],
  "init request": [
    "firstName",
    "lastName",
    "email",
    "phone",
    "channel",
    "language",
    "refId",
    "url",
    "comment",
    "subject",
    "requestId",
    "timestamp",
  ],
  "init response": ["conversationId", "participant.id", "participant.name", "requestId", "timestamp"],
  registerConnector: ["id", "name", "channel"],
  joinConversation: ["conversationId", "participant.id", "participant.name", "requestId", "timestamp"],
  conversationInfo: ["conversation", "messages", "participant", "role"],
  endConversation: ["conversationId", "requestId", "timestamp"],
  requestAgentTransfer: ["conversationId", "requestId", "timestamp"],
  ChatMessage: [
    "conversationId",
    "type",
    "requestId",
    "timestamp",
    "from.id",
    "from.name",
    "to.id",
    "to.name",
    "refId",
    "language",
    "tag",
    "text",
    "attachments",
    "channel",
  ],
  ActivityMessage: ["conversationId", "type", "from.id", "from.name", "to", "activityType", "info"],
  Attachment: ["type", "name", "contentUrl", "thumbnailUrl"],
  "external message": ["channel", "messageId", "destination", "from.id", "from.name", "from.app", "text", "timestamp"],
  "external response header": ["requestId"],
  "past-messages request": ["conversationId", "count", "time"],
  "past-messages response": [
    "conversationId",
    "participants.id",
    "participants.name",
    "participants.type",
    "messages",
    "requestId",
    "timestamp",
  ],
  initContext: ["conversationId", "customerInfo"],
  "amq-sub": ["AgentId"],
  "amq-send": ["head"],
  "amq-msg": ["head"],
  login: ["agentId", "password", "mrd"],
  changeState: ["state", "mrd"],
  receiveChatRequest: ["customer.conversationId"],
  acceptChatRequest: ["conversationId"],
  addParticipant: ["participant.agentId"],
  removeParticipant: ["participantId", "conversationId"],
  transferChat: ["participantId", "conversationId"],
  raiseHand: ["conversationId", "participantId"],
  wrapUp: ["conversationId", "wrapup"],
  silentMonitor: ["conversationId"],
  bargeIn: ["conversationId"],
  "Participant (agent side)": ["displayName", "type", "role", "status"],
  Conversation: ["id", "type", "participants", "activityType", "messages"],
  Customer: ["displayName", "email", "phone", "channel"],
  Agent: ["displayName", "type", "role", "status", "teams", "conversations"],
  Supervisor: ["displayName", "type", "role", "status", "team"],
  Team: ["id", "name", "members", "supervisors"],
  registerBot: ["id", "name", "type"],
  initConversation: [
    "conversationId",
    "customerInfo.accountId",
    "customerInfo.name",
    "customerInfo.email",
    "customerInfo.accountBalance",
    "customerInfo.phone",
    "customerInfo.channel",
  ],
  BotMessage: [
    "conversationId",
    "messageId",
    "type",
    "from.id",
    "from.name",
    "bot.id",
    "bot.name",
    "bot.type",
    "timestamp",
    "input",
    "text",
    "intents.name",
    "intents.confidence",
    "entities.entity",
    "entities.value",
    "entities.start",
    "entities.end",
    "entities.confidence",
    "entities.extractor",
    "output.name",
    "output.confidence",
  ],
};

/** Words that a field can be. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  role: ["Owner", "Participant"],
  status: ["Ready", "Active", "Busy"],
  "participant type": ["Agent", "Supervisor", "Bot", "Customer"],
  state: ["ready", "NOT_READY"],
  tag: ["whisper"],
  "message type": ["ChatMessage", "ActivityMessage", "BotMessage", "activityMessage"],
};

/** The fields of an object that it lacks. */
export function missingFields(what: string, value: unknown): string[] {
  const wanted = FIELDS[what] ?? ["(an object of the guides)"];
  return wanted.filter((path) => {
    const reached = path.split(".").reduce<unknown>((at, key) => {
      const whole: unknown = Array.isArray(at) ? at[0] : at;
      return typeof whole === "object" && whole !== null ? Reflect.get(whole, key) : undefined;
    }, value);
    return reached === undefined;
  });
}
