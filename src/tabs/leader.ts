import type { Unsubscribe } from "../transport/call.ts";
import { ChatError } from "../transport/errors.ts";
import type { MessageId, Participant, Sent } from "../transport/messages.ts";
import type { CloseReason, Conversation, TransportState } from "../transport/states.ts";
import type { ChatTransport } from "../transport/transport.ts";
import type { Call } from "../transport/call.ts";
import type { FrameCodec } from "./codec.ts";
import type { PostedDelivery } from "./deliveries.ts";
import type { Frame, SharedEvent, SharedEventType } from "./frames.ts";
import { perform, type Operation } from "./operations.ts";
import type { SharedLog } from "./shared-log.ts";

/** How much longer than the asking tab the leader waits: that one gives up first. */
const SLACK_MS = 1_000;

/** What a leader is made of. */
export interface LeaderParts {
  /** In `idle`. */
  inner: ChatTransport;
  self: string;
  /** It goes on with a conversation that this tab was in before: `inner` does not know what was delivered already. */
  continues: boolean;
  log: SharedLog;
  codec: FrameCodec;
  post: (frame: Frame) => void;
  onState: (state: TransportState) => void;
  onEvent: (shared: SharedEvent) => void;
  onReplayEnded: (unbroken: boolean) => void;
  onToken: () => void;
  /** Own messages of all tabs that the service does not surely have. */
  deliveries: () => PostedDelivery[];
}

const SHARED: readonly SharedEventType[] = [
  "message",
  "message-changed",
  "chat-state",
  "receipt",
  "participant",
  "link",
  "handoff",
  "ended",
  "warning",
];

/** Holds the connection, tells the other tabs what happens on it, and does what they ask for. */
export class Leader {
  readonly inner: ChatTransport;
  readonly #parts: LeaderParts;
  readonly #offs: Unsubscribe[] = [];
  readonly #serving = new Map<string, AbortController>();
  /** What is being sent for other tabs, by `clientId`. */
  readonly #sending = new Map<string, Promise<Sent | undefined>>();
  readonly #people = new Map<string, Participant>();
  #conversation: Conversation | undefined;
  #connections = 0;
  /** Connected, and nothing of the past is to come: others can be let in. */
  #ready = false;
  #overlaps = false;

  constructor(parts: LeaderParts) {
    this.inner = parts.inner;
    this.#parts = parts;
    const { inner } = parts;
    this.#offs.push(inner.on("state", ({ current }) => this.#onState(current)));
    this.#offs.push(inner.on("replay-ended", ({ unbroken }) => this.#onReplayEnded(unbroken)));
    if (inner.supports.resume) this.#offs.push(inner.on("resume-token", () => parts.onToken()));
    for (const name of SHARED)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `on` gives the event of that very name
      this.#offs.push(inner.on(name, (event) => this.#onEvent({ name, event } as SharedEvent)));
  }

  /** Whether it has ever got into the conversation. */
  get wasConnected(): boolean {
    return this.#connections > 0;
  }

  /** Tells a newcomer, or everybody, where the conversation stands; later, if that is not known yet. */
  welcome(to?: string): void {
    const conversation = this.#conversation;
    if (!this.#ready || !conversation) return;
    const { self, post, log } = this.#parts;
    const { id, supports, maxUploadBytes } = conversation;
    const token = this.inner.resumeToken?.();
    post({
      type: "welcome",
      from: self,
      ...(to !== undefined && { to }),
      snapshot: {
        conversation: {
          id,
          self: conversation.self,
          participants: [...this.#people.values()],
          supports: { ...supports },
          ...(maxUploadBytes !== undefined && { maxUploadBytes }),
        },
        messages: [...log.messages],
        deliveries: this.#parts.deliveries(),
        ...(token !== undefined && { token }),
      },
    });
  }

  /** Does what another tab asks for. */
  serve({ from, id, untilMs, operation }: Extract<Frame, { type: "request" }>): void {
    const waitMs = untilMs - Date.now();
    // Whoever asked has given up, for instance while this tab was frozen.
    if (waitMs <= 0) return;
    const { self, post, codec } = this.#parts;
    const address = { from: self, to: from, id };
    const abort = new AbortController();
    this.#serving.set(id, abort);
    const work = perform(this.inner, operation, {
      signal: abort.signal,
      timeoutMs: waitMs + SLACK_MS,
      onSent: () => post({ type: "sent", ...address }),
      onProgress: (sentBytes) => post({ type: "progress", ...address, sentBytes }),
    });
    if (operation.method === "send") this.#remember(operation.message.clientId, work);
    void work
      .then((value) => {
        post({ type: "answer", ...address, value: codec.encodeOutcome(operation.method, value) });
        this.told(operation, from);
      })
      .catch((error: unknown) => {
        post({ type: "failed", ...address, error: ChatError.from(error, "refused", "The other tab could not do it.") });
      })
      .finally(() => this.#serving.delete(id));
  }

  /** A message that is being sent for another tab: resolves when that is over, with what it came to. */
  underWay(clientId: string): Promise<Sent | undefined> | undefined {
    return this.#sending.get(clientId);
  }

  #remember(clientId: string, work: Promise<unknown>): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a transport's own answer to `send`
    const sent = (work as Promise<Sent>).catch(() => undefined).finally(() => this.#sending.delete(clientId));
    this.#sending.set(clientId, sent);
  }

  /** Whoever asked has lost interest. */
  cancel(id: string): void {
    this.#serving.get(id)?.abort();
  }

  /** What one tab has marked is marked in all: they hear of it as of a receipt of this customer's. */
  told(operation: Operation, except: string): void {
    const conversation = this.#conversation;
    if (operation.method !== "mark" || !conversation) return;
    const { kind, id }: { kind: "received" | "displayed"; id: MessageId } = operation;
    const shared: SharedEvent = { name: "receipt", event: { kind, id, from: conversation.self, at: new Date() } };
    if (except !== this.#parts.self) this.#parts.onEvent(shared);
    this.#parts.post({ type: "event", from: this.#parts.self, except, shared });
  }

  /** Lets go of the conversation for another tab to go on. @returns with what. */
  detach(): string | undefined {
    this.stop();
    const token = this.inner.detach?.();
    // It cannot be resumed, or there was nothing to resume: nobody shall wait for us.
    if (this.inner.state.status !== "closed") void this.inner.close("handed-over");
    return token;
  }

  /** Ends it. */
  async close(reason: CloseReason, call?: Call): Promise<void> {
    this.stop();
    await this.inner.close(reason, call);
  }

  /** Says nothing any more. */
  stop(): void {
    for (const off of this.#offs.splice(0)) off();
  }

  #onState(current: TransportState): void {
    const { self, post, log, onState } = this.#parts;
    if (current.status === "connected") {
      this.#connections++;
      this.#conversation = current.conversation;
      this.#overlaps = false;
      this.#people.clear();
      for (const each of current.conversation.participants) this.#people.set(each.id, each);
      log.beginConnection();
    } else this.#ready = false;
    if (current.status === "reconnecting") post({ type: "reconnecting", from: self, state: current });
    onState(current);
  }

  #onReplayEnded(unbroken: boolean): void {
    const { log, continues, onReplayEnded } = this.#parts;
    // A fresh transport vouches for what it knows, and it does not know where this tab stood.
    const knows = !(continues && this.#connections === 1);
    const whole = (knows && unbroken) || this.#overlaps;
    if (!whole) log.forgetFormer();
    this.#ready = true;
    onReplayEnded(whole);
    this.welcome();
  }

  #onEvent(shared: SharedEvent): void {
    const { self, post, log, onEvent } = this.#parts;
    if (shared.name === "message" && !log.add(shared.event)) {
      this.#overlaps ||= shared.event.replayed;
      return;
    }
    if (shared.name === "message-changed") log.change(shared.event);
    if (shared.name === "participant") {
      const { change, participant } = shared.event;
      if (change === "left") this.#people.delete(participant.id);
      else this.#people.set(participant.id, participant);
    }
    onEvent(shared);
    // Until then they are told by the snapshot; the end is told to everybody.
    if (this.#ready || shared.name === "ended") post({ type: "event", from: self, shared });
  }
}
