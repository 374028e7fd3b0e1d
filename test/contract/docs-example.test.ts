// docs/contract.md prints this file; a unit test compares the two.
import { describe, it } from "vitest";
import { controlTimers, describeTransportContract, type ContractSubject } from "./index.ts";
import { createMemoryService, memory } from "../../adapters/memory/index.ts";

const supports = {
  chatStates: true,
  receivedReceipts: false,
  displayedMarkers: true,
  upload: false,
  history: false,
  catchUp: false,
  requestAgent: false,
  resume: false,
  edit: false,
  retract: false,
  react: false,
  replyTo: false,
};

const subject: ContractSubject = {
  supports,
  cannot: {
    useClock: "this server keeps its own time",
  },
  createHarness() {
    const timers = controlTimers();
    const service = createMemoryService();
    return {
      // The adapter, fresh and idle. It must come back by itself after dropLink, so let it try again at once.
      make: () => memory({ service, supports, reconnect: { nextDelayMs: () => 0 } }),
      request: { customer: { name: "Ravi" } },

      // The agent, and what the far end has received. Read it there, never from the adapter.
      say: (text, id) => service.say(text, id === undefined ? {} : { id }),
      composing: () => service.chatState("composing"),
      displays: (id) => service.receipt("displayed", id),
      endChat: (ids) => service.end(ids),
      sent: () =>
        service.received.flatMap((frame) =>
          frame.type === "send" && frame.body.kind === "text" ? [{ text: frame.body.text }] : [],
        ),
      sentStates: () => service.received.flatMap((frame) => (frame.type === "chat-state" ? [frame.state] : [])),
      sentMarks: () =>
        service.received.flatMap((frame) => (frame.type === "mark" ? [{ kind: frame.kind, id: frame.id }] : [])),
      seedHistory: (count) => {
        service.seedHistory(count);
        return service.messages.flatMap(({ body }) => (body.kind === "text" ? [body.text] : []));
      },

      // What networks and servers do.
      refuseNextOpen: () => service.refuseNext("hello"),
      hangNextOpen: () => service.hangNext("hello"),
      refuseNextSend: () => service.refuseNext("send"),
      hangNextSend: () => service.hangNext("send"),
      dropLink: () => service.dropLinks(),
      repeatLast: () => service.repeatLast(),
      sendGarbage: () => service.sendGarbage(),

      // What is left when every transport is closed: it must come to 0.
      openHandles: () => service.links + timers.open(),
      dispose: () => timers.restore(),
    };
  },
};

describeTransportContract("my adapter", subject, { describe, it });
