import { historyCursor } from "../kit/ids.ts";
import type { Capabilities } from "../transport/capabilities.ts";
import type { ChatState, EndedEvent } from "../transport/events.ts";
import type { CatchUpPage, ChangedMessage, HistoryPage, Sent } from "../transport/messages.ts";
import type { CloseReason } from "../transport/states.ts";
import { decodePosted, encodePosted } from "./delivery-codec.ts";
import type { Frame, SharedEvent, Snapshot } from "./frames.ts";
import { decodeOperation, encodeOperation } from "./operation-codec.ts";
import type { Method } from "./operations.ts";
import type { RawCodec } from "./shared-options.ts";
import {
  decodeAttachment,
  decodeChange,
  decodeConversation,
  decodeError,
  decodeMessage,
  decodeParticipant,
  encodeChange,
  encodeError,
  encodeMessage,
  fields,
  finite,
  id,
  listOf,
  oneOf,
  text,
  time,
  type Fields,
} from "./values.ts";

/** Of the frames: tabs with another version of this file do not understand each other, and stand alone. */
const VERSION = 1;

const REASONS: readonly CloseReason[] = [
  "customer-left",
  "agent-ended",
  "timed-out",
  "replaced",
  "refused",
  "handed-over",
  "connection-lost",
];
const CHAT_STATES: readonly ChatState[] = ["active", "composing", "paused", "inactive", "gone"];

/** Frames to something that structured clone can copy, and back. */
export class FrameCodec {
  readonly #raw: RawCodec;
  readonly #declared: Capabilities;

  constructor(raw: RawCodec, declared: Capabilities) {
    this.#raw = raw;
    this.#declared = declared;
  }

  encode(frame: Frame): Fields {
    return { ...this.#encode(frame), v: VERSION };
  }

  /** What came through the channel; `undefined` for anything that no tab of ours wrote. */
  decode(value: unknown): Frame | undefined {
    const wire = fields(value);
    const from = text(wire?.["from"]);
    if (!wire || wire["v"] !== VERSION || from === undefined) return undefined;
    return this.#decodeShared(wire, from) ?? this.#decodeAddressed(wire, from);
  }

  #encode(frame: Frame): Fields {
    switch (frame.type) {
      case "welcome": {
        const { conversation, messages, token, deliveries } = frame.snapshot;
        const [told, posted] = [messages.map((each) => encodeMessage(each, this.#raw)), deliveries.map(encodePosted)];
        return { ...frame, snapshot: { conversation, token, messages: told, deliveries: posted } };
      }
      case "delivery":
        return { ...frame, posted: encodePosted(frame.posted) };
      case "event":
        return { ...frame, shared: this.#encodeEvent(frame.shared) };
      case "reconnecting":
        return { ...frame, state: { ...frame.state, cause: encodeError(frame.state.cause) } };
      case "closed":
        return { ...frame, cause: frame.cause && encodeError(frame.cause) };
      case "request":
        return { ...frame, operation: encodeOperation(frame.operation) };
      case "failed":
        return { ...frame, error: encodeError(frame.error) };
      case "hello":
      case "lead":
      case "handover":
      case "token":
      case "end":
      case "cancel":
      case "sent":
      case "progress":
      case "answer":
        break;
    }
    return { ...frame };
  }

  #decodeShared(wire: Fields, from: string): Frame | undefined {
    const { type } = wire;
    const token = text(wire["token"]);
    switch (type) {
      case "hello":
      case "lead":
      case "end":
        return { type, from };
      case "handover":
      case "token":
        return { type, from, ...(token !== undefined && { token }) };
      case "welcome": {
        const [snapshot, to] = [this.#decodeSnapshot(wire["snapshot"]), text(wire["to"])];
        return snapshot && { type, from, snapshot, ...(to !== undefined && { to }) };
      }
      case "event": {
        const [shared, except] = [this.#decodeEvent(fields(wire["shared"])), text(wire["except"])];
        return shared && { type, from, shared, ...(except !== undefined && { except }) };
      }
      case "delivery": {
        const posted = decodePosted(wire["posted"]);
        return posted && { type, from, posted };
      }
      case "reconnecting": {
        const state = fields(wire["state"]);
        const [attempt, retryAt, cause] = [
          finite(state?.["attempt"]),
          time(state?.["retryAt"]),
          decodeError(state?.["cause"]),
        ];
        if (attempt === undefined || !retryAt || !cause) return undefined;
        return { type, from, state: { status: "reconnecting", attempt, retryAt, cause } };
      }
      case "closed": {
        const [reason, cause] = [oneOf(REASONS, wire["reason"]), decodeError(wire["cause"])];
        return reason && { type, from, reason, ...(cause && { cause }) };
      }
      default:
        return undefined;
    }
  }

  #decodeAddressed(wire: Fields, from: string): Frame | undefined {
    const [to, request] = [text(wire["to"]), text(wire["id"])];
    if (to === undefined || request === undefined) return undefined;
    const address = { from, to, id: request };
    switch (wire["type"]) {
      case "request": {
        const [operation, { untilMs }] = [decodeOperation(wire["operation"]), wire];
        return operation && typeof untilMs === "number"
          ? { type: "request", ...address, untilMs, operation }
          : undefined;
      }
      case "cancel":
        return { type: "cancel", ...address };
      case "sent":
        return { type: "sent", ...address };
      case "progress": {
        const sentBytes = finite(wire["sentBytes"]);
        return sentBytes === undefined ? undefined : { type: "progress", ...address, sentBytes };
      }
      case "answer":
        return { type: "answer", ...address, value: wire["value"] };
      case "failed": {
        const error = decodeError(wire["error"]);
        return error && { type: "failed", ...address, error };
      }
      default:
        return undefined;
    }
  }

  #decodeSnapshot(value: unknown): Snapshot | undefined {
    const from = fields(value);
    const conversation = decodeConversation(from?.["conversation"], this.#declared);
    const messages = listOf(from?.["messages"], (each) => decodeMessage(each, this.#raw));
    const deliveries = listOf(from?.["deliveries"], decodePosted);
    const token = text(from?.["token"]);
    if (!conversation || !messages || !deliveries) return undefined;
    return { conversation, messages, deliveries, ...(token !== undefined && { token }) };
  }

  #encodeEvent({ name, event }: SharedEvent): Fields {
    switch (name) {
      case "message":
        return { name, event: encodeMessage(event, this.#raw) };
      case "message-changed":
        return { name, event: this.#encodeChanged(event) };
      case "chat-state":
      case "receipt":
      case "ended":
        return { name, event: { ...event, raw: this.#raw.encode(event.raw) } };
      case "link":
        return { name, event: event.steady ? event : { steady: false, cause: encodeError(event.cause) } };
      case "warning":
        return { name, event: encodeError(event) };
      case "participant":
      case "handoff":
        break;
    }
    return { name, event };
  }

  #decodeEvent(shared: Fields | undefined): SharedEvent | undefined {
    const name = shared?.["name"];
    const event = fields(shared?.["event"]);
    if (!event) return undefined;
    switch (name) {
      case "message": {
        const message = decodeMessage(event, this.#raw);
        return message && { name, event: message };
      }
      case "message-changed": {
        const changed = this.#decodeChanged(event);
        return changed && { name, event: changed };
      }
      case "chat-state": {
        const [from, state] = [decodeParticipant(event["from"]), oneOf(CHAT_STATES, event["state"])];
        return from && state && { name, event: { from, state, raw: this.#raw.decode(event["raw"]) } };
      }
      case "receipt":
        return this.#decodeReceipt(event);
      case "participant": {
        const participant = decodeParticipant(event["participant"]);
        const change = oneOf(["joined", "left", "role-changed", "renamed"] as const, event["change"]);
        return participant && change && { name, event: { change, participant } };
      }
      case "link": {
        const cause = decodeError(event["cause"]);
        if (event["steady"] === true) return { name, event: { steady: true } };
        return cause && { name, event: { steady: false, cause } };
      }
      case "handoff": {
        const change = oneOf(["requested", "accepted", "no-agent"] as const, event["change"]);
        return change && { name, event: { change } };
      }
      case "ended":
        return this.#decodeEnded(event);
      case "warning": {
        const error = decodeError(event);
        return error && { name, event: error };
      }
      default:
        return undefined;
    }
  }

  #encodeChanged(event: ChangedMessage): Fields {
    return { ...event, change: encodeChange(event.change), raw: this.#raw.encode(event.raw) };
  }

  #decodeChanged(event: Fields | undefined): ChangedMessage | undefined {
    if (!event) return undefined;
    const [target, change, from, at] = [
      id(event["id"]),
      decodeChange(event["change"]),
      decodeParticipant(event["from"]),
      time(event["at"]),
    ];
    if (target === undefined || !change || !from || !at) return undefined;
    const [replayed, raw] = [event["replayed"] === true, this.#raw.decode(event["raw"])];
    return { id: target, change, from, at, replayed, raw };
  }

  #decodeReceipt(event: Fields): SharedEvent | undefined {
    const kind = oneOf(["received", "displayed"] as const, event["kind"]);
    const [target, from, at] = [id(event["id"]), decodeParticipant(event["from"]), time(event["at"])];
    if (!kind || target === undefined || !from || !at) return undefined;
    return { name: "receipt", event: { kind, id: target, from, at, raw: this.#raw.decode(event["raw"]) } };
  }

  #decodeEnded(event: Fields): SharedEvent | undefined {
    const by = oneOf(["agent", "customer", "system"] as const, event["by"]);
    if (!by) return undefined;
    const [interactionId, chatId] = [text(event["interactionId"]), text(event["chatId"])];
    const ended: EndedEvent = { by, raw: this.#raw.decode(event["raw"]) };
    if (interactionId !== undefined) ended.interactionId = interactionId;
    if (chatId !== undefined) ended.chatId = chatId;
    return { name: "ended", event: ended };
  }

  /** What a method resolved with, as something that can be cloned. */
  encodeOutcome(method: Method, value: unknown): unknown {
    const outcome = fields(value);
    if (method === "upload" && outcome?.["url"] instanceof URL) return { ...outcome, url: outcome["url"].href };
    if (method !== "history" && method !== "catchUp") return value;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a transport of ours resolved with it
    const page = value as HistoryPage & CatchUpPage;
    const messages = page.messages.map((each) => encodeMessage(each, this.#raw));
    return { ...page, messages, changes: page.changes?.map((each) => this.#encodeChanged(each)) };
  }

  /** The reverse; `undefined` for what no such method resolves with. */
  decodeOutcome(method: Method, value: unknown): { value: unknown } | undefined {
    const outcome = fields(value);
    switch (method) {
      case "send": {
        const [messageId, acceptedAt] = [id(outcome?.["id"]), time(outcome?.["acceptedAt"])];
        if (messageId === undefined || !acceptedAt) return undefined;
        return { value: { id: messageId, acceptedAt } satisfies Sent };
      }
      case "upload": {
        const attachment = decodeAttachment(value);
        return attachment && { value: attachment };
      }
      case "history":
      case "catchUp":
        return this.#decodePage(outcome);
      case "wake":
        return { value: value === true };
      case "sendChatState":
      case "mark":
      case "requestAgent":
      case "edit":
      case "retract":
      case "react":
        break;
    }
    return { value: undefined };
  }

  #decodePage(outcome: Fields | undefined): { value: HistoryPage & CatchUpPage } | undefined {
    const messages = listOf(outcome?.["messages"], (each) => decodeMessage(each, this.#raw));
    const [before, next] = [text(outcome?.["before"]), text(outcome?.["next"])];
    const changes = listOf(outcome?.["changes"] ?? [], (each) => this.#decodeChanged(fields(each)));
    if (!messages || !changes) return undefined;
    return {
      value: {
        messages,
        ...(before !== undefined && { before: historyCursor(before) }),
        ...(next !== undefined && { next: historyCursor(next) }),
        ...(changes.length > 0 && { changes }),
        ...(outcome?.["incomplete"] === true && { incomplete: true }),
      },
    };
  }
}
