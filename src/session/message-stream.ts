import type { Emitter } from "../kit/emitter.ts";
import type { ChatMessage } from "../transport/messages.ts";
import type { ChatTransport } from "../transport/transport.ts";
import type { SessionEvents } from "./session-events.ts";

/** The `message` events as an iterator. What arrives while nobody asks is kept; closing the chat lets that run out. */
export function streamMessages(
  emitter: Emitter<SessionEvents>,
  transport: ChatTransport,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<ChatMessage> {
  const kept: ChatMessage[] = [];
  const asking: ((result: IteratorResult<ChatMessage, undefined>) => void)[] = [];
  let done = signal?.aborted === true || transport.state.status === "closed";

  const offMessage = emitter.on("message", (message) => {
    const answer = asking.shift();
    if (answer) answer({ done: false, value: message });
    else kept.push(message);
  });
  const offState = emitter.on("state", ({ current }) => {
    if (current.status === "closed") finish();
  });

  function finish(): void {
    done = true;
    offMessage();
    offState();
    signal?.removeEventListener("abort", finish);
    for (const answer of asking.splice(0)) answer({ done: true, value: undefined });
  }

  if (done) finish();
  else signal?.addEventListener("abort", finish, { once: true });

  return {
    next() {
      const value = kept.shift();
      if (value) return Promise.resolve({ done: false, value });
      if (done) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => void asking.push(resolve));
    },
    return() {
      kept.length = 0;
      finish();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
