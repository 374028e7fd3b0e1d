import { memory, type MemoryOptions, type MemoryService, type ServerFrame } from "../../../adapters/memory/index.ts";
import type { ChatMessage, ChatTransport, MessageId, TransportEvents } from "../../../src/transport/index.ts";

/** An adapter with one planted fault, and a case that must find it. */
export interface BrokenAdapter {
  fault: string;
  caughtBy: string;
  make: (options: MemoryOptions) => ChatTransport;
}

type Listener = (event: never) => void;

/** Every fault that the suite must catch. */
export const BROKEN_ADAPTERS: readonly BrokenAdapter[] = [
  {
    fault: "delivers a repeated message twice",
    caughtBy: "a message that arrives again under the same id is delivered once",
    make: (options) => overWire(options, renameRepeated()),
  },
  {
    fault: "loses what was said while it was reconnecting",
    caughtBy: "messages keep their order over a reconnect, with no gap and no double",
    make: (options) => overWire(options, (frame) => (frame.type === "message" && frame.replayed ? undefined : frame)),
  },
  {
    fault: "never says that its replay is over",
    caughtBy: "replay-ended comes once after each connected, after everything that was replayed",
    make: (options) => overWire(options, (frame) => (frame.type === "replay-ended" ? undefined : frame)),
  },
  {
    fault: "catches up from the newest to the oldest",
    caughtBy: "what came after a message can be asked for, oldest first, in pages, and is not emitted",
    make: (options) =>
      wrap(options, (inner) => ({
        async catchUp(page, call) {
          const found = (await inner.catchUp?.(page, call)) ?? { messages: [] };
          return { ...found, messages: found.messages.toReversed() };
        },
      })),
  },
  {
    fault: "resolves a send before the service took it",
    caughtBy: "a refused send rejects with refused and leaves the chat open",
    make: (options) =>
      wrap(options, (inner) => ({
        async send(message, call) {
          inner.send(message, call).catch(() => undefined);
          return { id: message.clientId as MessageId, acceptedAt: new Date() };
        },
      })),
  },
  {
    fault: "rejects with a plain Error",
    caughtBy: "send when idle rejects with not-connected",
    make: (options) =>
      wrap(options, (inner) => ({
        send: (message, call) =>
          inner.send(message, call).catch((error: unknown) => {
            throw new Error(String(error));
          }),
      })),
  },
  {
    fault: "ignores the signal of open",
    caughtBy: "an open aborted on the way rejects with aborted and is closed",
    make: (options) => wrap(options, (inner) => ({ open: (request) => inner.open(request) })),
  },
  {
    fault: "calls its listeners bare, so that one that throws stops the others",
    caughtBy: "a listener that throws harms neither the others nor the wire",
    make: (options) => wrap(options, bareEmitter),
  },
  {
    fault: "keeps speaking after closed",
    caughtBy: "nothing is emitted after closed",
    make: (options) => wrap(options, talkative),
  },
  {
    fault: "tells nobody that the chat has ended before it closes",
    caughtBy: "the agent's end is told with its ids, then the state is closed by itself",
    make: (options) =>
      wrap(options, (inner) => ({
        on: (type, listener) => (type === "ended" ? () => undefined : inner.on(type, listener)),
      })),
  },
  {
    fault: "passes history off as live",
    caughtBy: "what was said before joining is replayed, what is said afterwards is live",
    make: (options) =>
      wrap(options, (inner) => ({ on: mapMessages(inner, (message) => ({ ...message, replayed: false })) })),
  },
  {
    fault: "decodes markup in texts",
    caughtBy: "a text with markup, quotes, emoji and lines arrives unchanged",
    make: (options) => wrap(options, (inner) => ({ on: mapMessages(inner, unescapeText) })),
  },
  {
    fault: "declares an upload that it does not have",
    caughtBy: "upload resolves with the stored file and sends nothing to the conversation",
    make: (options) => {
      const transport = parts(memory(options));
      Reflect.deleteProperty(transport, "upload");
      return transport;
    },
  },
  {
    fault: "leaves a timer behind",
    caughtBy: "no timer, socket or listener is left after close",
    make: (options) =>
      wrap(options, (inner) => ({
        open(request, call) {
          setTimeout(() => undefined, 3_000);
          return inner.open(request, call);
        },
      })),
  },
  {
    fault: "counts upload progress from the end",
    caughtBy: "upload progress never falls, ends with the size and is silent afterwards",
    make: (options) =>
      wrap(options, (inner) => ({
        upload: (file, call) =>
          inner.upload?.(file, { ...call, onProgress: (sent) => call?.onProgress?.(file.sizeBytes - sent) }) ??
          Promise.reject(new Error("The memory adapter uploads.")),
      })),
  },
  {
    fault: "believes anybody's edit",
    caughtBy: "an edit by somebody who did not write the message is dropped",
    make: (options) =>
      overWire(options, (frame) =>
        frame.type === "changed" ? { ...frame, from: { ...frame.from, id: "customer" } } : frame,
      ),
  },
];

/** The memory adapter with some members replaced. */
function wrap(options: MemoryOptions, replace: (inner: ChatTransport) => Partial<ChatTransport>): ChatTransport {
  const inner = memory(options);
  return Object.defineProperty({ ...parts(inner), ...replace(inner) }, "state", { get: () => inner.state });
}

function parts(inner: ChatTransport): ChatTransport {
  return Object.defineProperty({ ...inner }, "state", { get: () => inner.state });
}

function mapMessages(inner: ChatTransport, map: (message: ChatMessage) => ChatMessage): ChatTransport["on"] {
  return (type, listener) =>
    type === "message"
      ? inner.on("message", (message) => (listener as (event: ChatMessage) => void)(map(message)))
      : inner.on(type, listener);
}

function unescapeText(message: ChatMessage): ChatMessage {
  if (message.body.kind !== "text") return message;
  return { ...message, body: { kind: "text", text: message.body.text.replaceAll("&amp;", "&") } };
}

/** The memory adapter on a wire that is read wrongly. */
function overWire(options: MemoryOptions, read: (frame: ServerFrame) => ServerFrame | undefined): ChatTransport {
  const { service } = options;
  const connect: MemoryService["connect"] = (events) =>
    service.connect({
      ...events,
      onFrame(frame) {
        const misread = read(frame as ServerFrame);
        if (misread) events.onFrame(misread);
      },
    });
  return memory({ ...options, service: { ...service, connect } });
}

/** What an adapter sees that gives messages ids of its own. */
function renameRepeated(): (frame: ServerFrame) => ServerFrame {
  let count = 0;
  const seen = new Set<string>();
  return (frame) => {
    if (frame.type !== "message" || !seen.has(frame.message.id)) {
      if (frame.type === "message") seen.add(frame.message.id);
      return frame;
    }
    return { ...frame, message: { ...frame.message, id: `own-${++count}` } };
  };
}

function bareEmitter(inner: ChatTransport): Partial<ChatTransport> {
  const lists = new Map<keyof TransportEvents, Listener[]>();
  return {
    on(type, listener) {
      const list = lists.get(type) ?? [];
      if (!lists.has(type)) {
        lists.set(type, list);
        inner.on(type, (event) => {
          for (const each of list) (each as typeof listener)(event);
        });
      }
      list.push(listener);
      return () => void list.splice(list.indexOf(listener), 1);
    },
  };
}

function talkative(inner: ChatTransport): Partial<ChatTransport> {
  const listeners: ((event: TransportEvents["handoff"]) => void)[] = [];
  return {
    on(type, listener) {
      if (type === "handoff") listeners.push(listener as (event: TransportEvents["handoff"]) => void);
      return inner.on(type, listener);
    },
    async close(reason, call) {
      await inner.close(reason, call);
      queueMicrotask(() => {
        for (const listener of listeners) listener({ change: "no-agent" });
      });
    },
  };
}
