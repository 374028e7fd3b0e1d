import type { TransportEvents } from "../transport/events.ts";
import type { ChatMessage } from "../transport/messages.ts";

/** The newest messages of the conversation, as a tab that comes later is shown them: without a gap. */
export class SharedLog {
  readonly #limit: number;
  readonly #seen = new Set<string>();
  #messages: ChatMessage[] = [];
  /** Where those of the present connection begin. */
  #start = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Oldest first. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** Whether it was delivered in this tab. */
  has(id: string): boolean {
    return this.#seen.has(id);
  }

  /** @returns false for what was delivered before. */
  add(message: ChatMessage): boolean {
    if (this.#seen.has(message.id)) return false;
    this.#seen.add(message.id);
    this.#messages.push(message);
    if (this.#messages.length > this.#limit) {
      this.#messages.shift();
      this.#start = Math.max(0, this.#start - 1);
    }
    return true;
  }

  /** A message says something else now. */
  change({ id, change, from }: TransportEvents["message-changed"]): void {
    const index = this.#messages.findIndex((message) => message.id === id);
    const old = this.#messages[index];
    if (!old) return;
    if (change.kind === "edited") this.#messages[index] = { ...old, body: change.body, edited: true };
    else if (change.kind === "retracted") this.#messages[index] = { ...old, body: { kind: "retracted" } };
    else this.#messages[index] = { ...old, reactions: new Map(old.reactions).set(from.id, change.reactions) };
  }

  /** What comes from now on belongs to a new connection. */
  beginConnection(): void {
    this.#start = this.#messages.length;
  }

  /** Something may be missing before this connection: a newcomer is not shown what lies beyond. */
  forgetFormer(): void {
    this.#messages.splice(0, this.#start);
    this.#start = 0;
  }

  /** Takes over what another tab has. @returns what was not delivered here, and whether anything was. */
  replace(messages: readonly ChatMessage[]): { news: ChatMessage[]; overlaps: boolean } {
    const news = messages.filter(({ id }) => !this.#seen.has(id));
    this.#messages = messages.slice(-this.#limit);
    this.#start = 0;
    for (const { id } of news) this.#seen.add(id);
    return { news, overlaps: news.length < messages.length };
  }
}
