import { ChatError, type ChatErrorCode } from "../transport/errors.ts";
import type { CatchUpStart, ChangedMessage, ChatMessage, HistoryCursor, MessageId } from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";
import type { GapEvent } from "./session-events.ts";

/** How many messages are asked for at once. */
const PAGE_SIZE = 100;

/** How long and how much is held back while a gap is being closed. */
export interface HoldLimits {
  /** Milliseconds from the moment the chat is connected again. Default 10_000. */
  holdMs?: number;
  /** Messages. Default 1_000. */
  holdMessages?: number;
}

/** What catching up works with. */
export interface CatchUpParts extends Required<HoldLimits> {
  transport: ChatTransport;
  /** Files a message that was missed and tells of it. @returns false when it is known already. */
  deliver(message: ChatMessage): boolean;
  knows(id: MessageId): boolean;
  /** Applies a change that was missed, and tells of it, if it is news. */
  change(event: ChangedMessage): void;
  onGap(gap: GapEvent): void;
  /** Nothing is held any more. `repaired`: everything that the service took up to now has been delivered. */
  onDone(repaired: boolean): void;
}

interface Gap {
  start: CatchUpStart;
  from: Date;
  /** A second outage came before it was closed: a replay that reaches back to that one may not reach back to this. */
  reopened: boolean;
  /** How many messages were fetched that nobody knew. */
  fetched: number;
  /** Not an outage: somebody wants to be sure. Worth telling only if something turns up. */
  check: boolean;
}

/**
 * Closes gaps. From the moment the chat is connected again everything that the transport tells is held back, until what
 * was missed has been delivered before it, or the bounds are reached. One `gap` is told for each outage.
 */
export class CatchUp {
  readonly #parts: CatchUpParts;
  #gap: Gap | undefined;
  #held: { deliver(): void; message: ChatMessage | undefined }[] | undefined;
  #heldMessages = 0;
  #overlaps = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fetching: AbortController | undefined;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /** Whether events are being held back. */
  get active(): boolean {
    return this.#held !== undefined;
  }

  /** Where the gap that is not closed yet begins. */
  get start(): CatchUpStart | undefined {
    return this.#gap?.start;
  }

  /** From here on something may be missed. */
  lost(start: CatchUpStart, from: Date = new Date()): void {
    this.#fetching?.abort();
    // The time to hold things back counts while there is a connection to fetch over.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // A second outage before the first gap was closed: one gap, from where it began.
    this.#gap = { ...(this.#gap ?? { start, from, fetched: 0 }), reopened: this.#gap !== undefined, check: false };
  }

  /** The chat is connected (again). */
  connected(): void {
    if (!this.#gap) return;
    this.#held ??= [];
    this.#overlaps = false;
    this.#timer ??= setTimeout(() => this.#giveUp("timed-out", "It took too long."), this.#parts.holdMs);
  }

  /** The service has said by itself what it will say of the past. */
  replayEnded(unbroken: boolean): void {
    if (!this.#gap || !this.#held || this.#gap.check) return;
    if ((unbroken && !this.#gap.reopened) || this.#overlaps) this.#finish(true);
    else void this.#fetch(this.#gap);
  }

  /** Looks whether something is missing although the chat was connected all the time. */
  check(start: CatchUpStart): void {
    if (this.#held) return;
    this.#gap = { start, from: start.since, reopened: false, fetched: 0, check: true };
    this.connected();
    void this.#fetch(this.#gap);
  }

  /** Runs `deliver` now, or later when something is being closed. */
  take(deliver: () => void, message?: ChatMessage): void {
    if (!this.#held) return deliver();
    this.#held.push({ deliver, message });
    if (!message) return;
    this.#overlaps ||= this.#gap !== undefined && reachesBack(message, this.#gap.start);
    if (++this.#heldMessages > this.#parts.holdMessages) this.#giveUp("too-large", "Too much came meanwhile.");
  }

  /** The gap lies in another conversation, or the chat is over: what is held is delivered as it is. */
  giveUp(): void {
    if (this.#gap) this.#giveUp("closed", "The chat is over, or another one.");
  }

  async #fetch(gap: Gap): Promise<void> {
    const { transport } = this.#parts;
    const { state } = transport;
    // Lost again already: the next connection closes this gap, too.
    if (state.status !== "connected") return;
    if (!transport.catchUp || !state.conversation.supports.catchUp)
      return this.#giveUp("unsupported", "This chat service cannot say what it was.");
    const abort = new AbortController();
    this.#fetching = abort;
    try {
      let cursor: HistoryCursor | undefined;
      let whole = true;
      // Only what each came to in the end: what was known already is not told again, nor on the way there.
      const changes = new Map<string, ChangedMessage>();
      do {
        const page = { ...gap.start, ...(cursor === undefined ? {} : { cursor }), limit: PAGE_SIZE };
        const {
          messages,
          next,
          incomplete,
          changes: missed = [],
        } = await transport.catchUp(page, { signal: abort.signal });
        if (abort.signal.aborted) return;
        for (const message of messages) if (this.#parts.deliver(message)) gap.fetched++;
        for (const each of missed) changes.set(subjectOf(each), each);
        cursor = next;
        whole &&= incomplete !== true;
      } while (cursor !== undefined);
      for (const each of changes.values()) this.#parts.change(each);
      if (whole) this.#finish(true);
      else this.#giveUp("not-found", "The chat service has forgotten what came before it.");
    } catch (error) {
      // Lost again, or given up meanwhile: whoever aborted goes on.
      if (!abort.signal.aborted && transport.state.status === "connected")
        this.#finish(false, ChatError.from(error, "unreachable", "What was missed could not be read."));
    }
  }

  #giveUp(code: ChatErrorCode, why: string): void {
    this.#finish(false, new ChatError(code, `What was missed could not be fetched. ${why}`));
  }

  #finish(repaired: boolean, cause?: ChatError): void {
    const gap = this.#gap;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#fetching?.abort();
    this.#gap = undefined;
    const recovered = (gap?.fetched ?? 0) + this.#replayedNew();
    if (gap && (!gap.check || recovered > 0)) {
      const { from: since } = gap;
      this.#parts.onGap({ since, until: new Date(), repaired, recovered, ...(cause && { cause }) });
    }
    this.#drain();
    this.#parts.onDone(repaired);
  }

  #replayedNew(): number {
    const news = this.#held?.filter(({ message }) => message?.replayed && !this.#parts.knows(message.id));
    return news?.length ?? 0;
  }

  #drain(): void {
    const held = this.#held ?? [];
    // What comes while a listener runs queues up behind.
    for (let next = held.shift(); next; next = held.shift()) next.deliver();
    this.#held = undefined;
    this.#heldMessages = 0;
  }
}

/** Whether what the service says of the past includes where the gap begins. */
function reachesBack({ id, replayed, sentAt }: ChatMessage, { after, since }: CatchUpStart): boolean {
  // Where nothing was known, what is older than the gap is before it.
  return after === undefined ? replayed && sentAt < since : id === after;
}

/** What a later change replaces. */
function subjectOf({ id, change: { kind }, from }: ChangedMessage): string {
  return [id, kind, kind === "reactions" && from.id].join(" ");
}
