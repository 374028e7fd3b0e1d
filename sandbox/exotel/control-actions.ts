import * as v from "valibot";
import type { ExotelControl } from "./exotel-control.ts";

/** One control endpoint: POST `/control/<name>` with a JSON body. */
export interface ControlAction {
  name: string;
  about: string;
  /** The keys of its body, for people. */
  body: string;
  run: (control: ExotelControl, body: unknown) => Promise<unknown>;
}

function action<S extends v.GenericSchema>(
  name: string,
  about: string,
  body: string,
  shape: S,
  run: (control: ExotelControl, body: v.InferOutput<S>) => unknown,
): ControlAction {
  return { name, about, body, run: async (control, given) => run(control, v.parse(shape, given)) };
}

const text = v.string();
const where = { room: v.optional(text), agent: v.optional(text) };
const room = v.strictObject({ room: v.optional(text) });
const seat = (control: ExotelControl, at: { room?: string | undefined; agent?: string | undefined }) =>
  control.seat(at.room, at.agent);

const AGENT_ACTIONS: ControlAction[] = [
  action("agent/join", "an agent enters the room", "{room?, agent?}", v.strictObject(where), async (control, at) => {
    const { roomJid, nick } = await seat(control, at);
    return { roomJid, nick };
  }),
  action(
    "agent/say",
    "an agent says something",
    "{text, role?, subtype?, replyTo?, room?, agent?}",
    v.strictObject({
      ...where,
      text,
      role: v.optional(text),
      subtype: v.optional(text),
      replyTo: v.optional(text),
    }),
    async (control, { text, role, subtype, replyTo, ...at }) => {
      const options = {
        ...(role === undefined ? {} : { role }),
        ...(subtype === undefined ? {} : { subtype }),
        ...(replyTo === undefined ? {} : { replyTo }),
      };
      return { id: await (await seat(control, at)).say(text, options) };
    },
  ),
  action(
    "agent/types",
    "an agent's chat state",
    '{state: "composing" | "paused" | "active" | "inactive" | "gone", room?, agent?}',
    v.strictObject({ ...where, state: v.picklist(["composing", "paused", "active", "inactive", "gone"]) }),
    async (control, { state, ...at }) => ({ id: await (await seat(control, at)).chatState(state) }),
  ),
  action(
    "agent/file",
    "an agent uploads a file and says so",
    "{name, mediaType, text | base64, caption?, room?, agent?}",
    v.strictObject({
      ...where,
      name: text,
      mediaType: text,
      text: v.optional(text),
      base64: v.optional(text),
      caption: v.optional(text),
    }),
    async (control, { name, mediaType, text = "", base64, caption, ...at }) => {
      const data = base64 === undefined ? Buffer.from(text) : Buffer.from(base64, "base64");
      const file = { name, mediaType, data, ...(caption === undefined ? {} : { caption }) };
      return (await seat(control, at)).sendFile(file);
    },
  ),
  action(
    "agent/form",
    "an agent sends a form",
    "{form, room?, agent?}",
    v.strictObject({ ...where, form: v.unknown() }),
    async (control, { form, ...at }) => ({ id: await (await seat(control, at)).sendForm(form) }),
  ),
  action(
    "agent/displayed",
    "an agent marks a message as read; default: the customer's last",
    "{id?, room?, agent?}",
    v.strictObject({ ...where, id: v.optional(text) }),
    async (control, { id, ...at }) => ({ id: await (await seat(control, at)).markDisplayed(id) }),
  ),
  action(
    "agent/receipt",
    "an agent acknowledges a message; default: the customer's last",
    "{id?, room?, agent?}",
    v.strictObject({ ...where, id: v.optional(text) }),
    async (control, { id, ...at }) => ({ id: await (await seat(control, at)).sendReceipt(id) }),
  ),
  action(
    "agent/reacts",
    "an agent reacts to a message; default: the customer's last",
    "{emoji: [], stanzaId?, room?, agent?}",
    v.strictObject({ ...where, emoji: v.array(text), stanzaId: v.optional(text) }),
    async (control, { emoji, stanzaId, ...at }) => ({ id: await (await seat(control, at)).react(emoji, stanzaId) }),
  ),
  action(
    "agent/edits",
    "an agent corrects a message of its own; default: the last",
    "{text, id?, room?, agent?}",
    v.strictObject({ ...where, text, id: v.optional(text) }),
    async (control, { text, id, ...at }) => ({ id: await (await seat(control, at)).edit(text, id) }),
  ),
  action(
    "agent/retracts",
    "an agent withdraws a message of its own; default: the last",
    "{stanzaId?, room?, agent?}",
    v.strictObject({ ...where, stanzaId: v.optional(text) }),
    async (control, { stanzaId, ...at }) => ({ id: await (await seat(control, at)).retract(stanzaId) }),
  ),
  action(
    "agent/ends",
    "an agent ends the chat",
    '{how?: "message" | "bodyless" | "bodyless-stored" | "destroy", chatId?, interactionId?, text?, room?, agent?}',
    v.strictObject({
      ...where,
      how: v.optional(v.picklist(["message", "bodyless", "bodyless-stored", "destroy"]), "message"),
      chatId: v.optional(text, () => `CH-${crypto.randomUUID().slice(0, 8)}`),
      interactionId: v.optional(text, () => `IN-${crypto.randomUUID().slice(0, 8)}`),
      text: v.optional(text, "The chat was closed."),
    }),
    async (control, { how, chatId, interactionId, text, ...at }) =>
      (await seat(control, at)).endChat({ how, chatId, interactionId, text }),
  ),
  action("agent/leaves", "an agent leaves the room", "{room?, agent?}", v.strictObject(where), async (control, at) => {
    await (await seat(control, at)).leave();
    return {};
  }),
  action(
    "agent/transfers",
    "a second agent enters, then the first leaves",
    "{to, room?}",
    v.strictObject({ room: v.optional(text), to: text }),
    async (control, { to, room }) => ({ nick: (await control.transfer(to, room)).nick }),
  ),
];

const reason = v.strictObject({ room: v.optional(text), reason: v.optional(text) });

const ROOM_ACTIONS: ControlAction[] = [
  action("room/kick", "kicks the customer", "{reason?, room?}", reason, async (control, { room, reason }) => {
    await control.kickCustomer(room, reason);
    return {};
  }),
  action("room/ban", "bans the customer", "{room?}", room, async (control, { room }) => {
    await control.setCustomerAffiliation("outcast", room);
    return {};
  }),
  action("room/remove", "takes the customer's membership", "{room?}", room, async (control, { room }) => {
    await control.setCustomerAffiliation("none", room);
    return {};
  }),
  action("room/destroy", "destroys the room", "{reason?, room?}", reason, async (control, { room, reason }) => {
    await control.destroyRoom(room, reason);
    return {};
  }),
  action(
    "session/drop",
    "breaks the customer's connection: drop (no word), forget (session gone), error (stream error)",
    '{mode?: "drop" | "forget" | "error", condition?, room?}',
    v.strictObject({
      room: v.optional(text),
      mode: v.optional(v.picklist(["drop", "forget", "error"])),
      condition: v.optional(text),
    }),
    async (control, { room, mode, condition }) => ({ sessions: await control.dropCustomer(room, mode, condition) }),
  ),
];

const faultSchema = v.strictObject({
  kind: v.picklist(["delay", "status", "malformed", "timeout", "drop"]),
  delayMs: v.exactOptional(v.number()),
  status: v.exactOptional(v.number()),
  body: v.exactOptional(text),
  emptyStatusText: v.exactOptional(v.boolean()),
  retryAfter: v.exactOptional(text),
  path: v.exactOptional(text),
  times: v.exactOptional(v.number()),
});

const settingsSchema = v.partial(
  v.strictObject({
    agentJoin: v.union([v.literal("before"), v.literal("never"), v.number()]),
    agentName: text,
    payloadDialect: v.picklist(["exo", "json", "jive", "plain"]),
    nonAnonymous: v.boolean(),
    roomDelayMs: v.number(),
    memberDelayMs: v.number(),
    roomPassword: v.nullable(text),
    usernameForm: v.picklist(["jid", "local"]),
    roomNameForm: v.picklist(["local", "jid"]),
    exportTranscriptAllowed: v.boolean(),
    strictJson: v.boolean(),
    historyShape: v.picklist(["message", "messages", "array", "response", "response-messages", "stanzas"]),
    feedback: v.picklist(["schemes", "url", "new-tab", "disabled", "not-found", "bare", "error", "malformed", "null"]),
    channelSeparator: v.picklist(["_", "-"]),
    feedbackPath: v.picklist(["chat-feedback", "chat_feedback"]),
  }),
);

const REST_ACTIONS: ControlAction[] = [
  action(
    "rest/fail",
    "lets the next REST calls go wrong",
    '{kind: "delay" | "status" | "malformed" | "timeout" | "drop", delayMs?, status?, body?, emptyStatusText?, retryAfter?, path?, times?}',
    faultSchema,
    (control, fault) => {
      control.failRest(fault);
      return {};
    },
  ),
  action("rest/clear", "takes the remaining faults back", "{}", v.strictObject({}), (control) => {
    control.clearFaults();
    return {};
  }),
  action(
    "token/rotate",
    "makes a new token, or takes the one given; the old one is refused",
    "{token?}",
    v.strictObject({ token: v.optional(text) }),
    (control, { token }) => ({ token: control.rotateToken(token) }),
  ),
  action(
    "settings",
    "changes settings of the contact centre",
    "any of GET /control/settings",
    settingsSchema,
    (control, changes) => {
      const given = Object.entries(changes).filter(([, value]) => value !== undefined);
      return control.configure(Object.fromEntries(given));
    },
  ),
];

/** Every POST under `/control/`. */
export const CONTROL_ACTIONS: readonly ControlAction[] = [...AGENT_ACTIONS, ...ROOM_ACTIONS, ...REST_ACTIONS];
