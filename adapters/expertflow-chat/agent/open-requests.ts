import type { AgentEvents, ChatRequest, RequestOutcome } from "../../../src/agent/agent-transport.ts";
import type { Emitter } from "../../../src/kit/emitter.ts";

/** Requests that have not ended. The same conversation may ring again: then it is another one. */
export class OpenRequests {
  readonly #emitter: Emitter<AgentEvents>;
  readonly #open = new Map<string, ChatRequest>();
  /** By id: a session may hand back a copy. */
  readonly #told = new Set<string>();
  #count = 0;

  constructor(emitter: Emitter<AgentEvents>) {
    this.#emitter = emitter;
  }

  /** It rings. One that rings already for that conversation goes on. */
  add(parts: Pick<ChatRequest, "conversationId" | "kind" | "customer" | "raw">): void {
    if (this.of(parts.conversationId)) return;
    const request: ChatRequest = { ...parts, id: `${parts.conversationId}#${++this.#count}`, receivedAt: new Date() };
    this.#open.set(request.id, request);
    this.#told.add(request.id);
    this.#emitter.emit("request", request);
  }

  wasTold(id: string): boolean {
    return this.#told.has(id);
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  /** What rings for that conversation. */
  of(conversationId: string): ChatRequest | undefined {
    return [...this.#open.values()].find((each) => each.conversationId === conversationId);
  }

  /** Tells what became of it, once. */
  end(id: string, outcome: RequestOutcome): void {
    const request = this.#open.get(id);
    if (!request) return;
    this.#open.delete(id);
    this.#emitter.emit("request-ended", { request, outcome });
  }

  endAll(outcome: RequestOutcome): void {
    for (const id of this.#open.keys()) this.end(id, outcome);
  }
}
