import type { SharedDelivery } from "../transport/deliveries.ts";
import type { Sent } from "../transport/messages.ts";
import type { Frame } from "./frames.ts";

/** A tab's last words may come after its lock has been given back. */
const LAST_WORDS_MS = 100;

/** How many are remembered; of those that have failed the oldest are forgotten first. */
const MOST = 1_000;

/** An own message of one of the tabs, and which of them has to send it. */
export interface PostedDelivery {
  delivery: SharedDelivery;
  /** The tab. */
  owner: string;
  /** Since when it is that tab's: the later claim counts. Milliseconds since 1970. */
  since: number;
}

/** What the deliveries of the tabs are told and shared with. */
export interface DeliveriesParts {
  self: string;
  /** False once this tab has nothing to say any more. */
  mayPost: () => boolean;
  post: (frame: Frame) => void;
  /** Calls back when that tab is gone. */
  whenGone: (tab: string, callback: () => void) => void;
  /** A message that this tab sends for another one right now: resolves when that has come to an end, and to which. */
  underWay: (clientId: string) => Promise<Sent | undefined> | undefined;
}

type Listener = (delivery: SharedDelivery, whose: "ours" | "theirs") => void;

/**
 * What every tab has on its way, in every tab: so that each shows it, and the one that holds the connection can go on with
 * what a tab has left that is gone.
 */
export class Deliveries {
  readonly #parts: DeliveriesParts;
  readonly #posted = new Map<string, PostedDelivery>();
  /** Tabs that are watched, by the tab that holds the connection only. */
  readonly #watched = new Set<string>();
  /** Waiting for the last words of tabs that are gone. */
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #listener: Listener | undefined;
  #leading = false;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
  }

  /** Everything that is not with the service yet, for a tab that comes. */
  get all(): PostedDelivery[] {
    return [...this.#posted.values()];
  }

  /** The session of this tab hears of the others'. @returns how it hears no more. */
  listen(listener: Listener): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = undefined;
    };
  }

  /** The session of this tab has a message on its way. */
  tell(delivery: SharedDelivery): void {
    const { self } = this.#parts;
    const known = this.#posted.get(delivery.message.clientId);
    const since = known?.owner === self ? known.since : this.#next(known);
    this.#keep({ delivery, owner: self, since });
  }

  /** Another tab says something of a message. */
  hear(posted: PostedDelivery): void {
    const { delivery, owner } = posted;
    const known = this.#posted.get(delivery.message.clientId);
    if (owner === this.#parts.self || (known && isLater(known, posted))) return;
    this.#file(posted);
    if (this.#leading) this.#watch(owner);
    this.#listener?.(delivery, "theirs");
  }

  /** The service has that message. */
  settle(clientId: string | undefined): void {
    if (clientId !== undefined) this.#posted.delete(clientId);
  }

  /** Says again what this tab has on its way: it was not heard, or not by all. */
  tellAll(): void {
    for (const posted of this.#posted.values()) if (posted.owner === this.#parts.self) this.#post(posted);
  }

  /** This tab holds the connection from now on: it goes on with what is left by a tab that is gone. */
  lead(): void {
    this.#leading = true;
    for (const { owner } of this.#posted.values()) this.#watch(owner);
  }

  /** That tab is there again: it was only put aside. */
  isBack(tab: string): void {
    this.#watched.delete(tab);
    clearTimeout(this.#timers.get(tab));
    if (this.#leading && this.all.some(({ owner }) => owner === tab)) this.#watch(tab);
  }

  /** Holds the connection no more. */
  rest(): void {
    this.#leading = false;
    this.#watched.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #watch(tab: string): void {
    const { self, whenGone } = this.#parts;
    if (tab === self || this.#watched.has(tab)) return;
    this.#watched.add(tab);
    whenGone(tab, () => {
      const timer = setTimeout(() => {
        this.#watched.delete(tab);
        void this.#adoptAll(tab);
      }, LAST_WORDS_MS);
      this.#timers.set(tab, timer);
    });
  }

  /** One after the other: what was asked for first goes first. */
  async #adoptAll(tab: string): Promise<void> {
    for (const posted of this.all) if (posted.owner === tab) await this.#adopt(posted);
  }

  async #adopt({ delivery: { message, status }, owner }: PostedDelivery): Promise<void> {
    // What has failed is nobody's until the customer wants it sent again.
    if (status === "failed") return;
    const sent = await this.#parts.underWay(message.clientId);
    const posted = this.#posted.get(message.clientId);
    if (!this.#leading || posted?.owner !== owner) return;
    const { delivery } = posted;
    const claim = { owner: this.#parts.self, since: this.#next(posted) };
    if (sent) {
      const accepted: SharedDelivery = { ...delivery, status: "accepted", sent };
      this.#keep({ ...claim, delivery: accepted });
      this.#listener?.(accepted, "theirs");
    } else {
      this.#keep({ ...claim, delivery });
      this.#listener?.(delivery, "ours");
    }
  }

  /** Later than any claim before. */
  #next(known: PostedDelivery | undefined): number {
    return Math.max(Date.now(), (known?.since ?? 0) + 1);
  }

  #keep(posted: PostedDelivery): void {
    this.#file(posted);
    this.#post(posted);
  }

  #post(posted: PostedDelivery): void {
    const { self, post, mayPost } = this.#parts;
    if (mayPost()) post({ type: "delivery", from: self, posted });
  }

  #file(posted: PostedDelivery): void {
    const { status, message } = posted.delivery;
    if (status === "accepted") this.#posted.delete(message.clientId);
    else this.#posted.set(message.clientId, posted);
    if (this.#posted.size > MOST) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const failed = this.all.find(({ delivery }) => delivery.status === "failed");
    if (failed) this.#posted.delete(failed.delivery.message.clientId);
  }
}

/** Whether `one` is a later claim on a message than `other`. */
function isLater(one: PostedDelivery, other: PostedDelivery): boolean {
  return one.since > other.since || (one.since === other.since && one.owner > other.owner);
}
