import type { Floor, FloorConversation } from "../../../../src/agent/index.ts";
import { called, check, equal, rejects } from "../assertions.ts";
import type { AgentCase, AgentContext, ConversationProbe, Talk } from "./agent-case.ts";
import type { AgentProbe } from "./agent-probe.ts";

/** Looking on, barging in, and what a supervisor knows of the floor. */
export const SUPERVISOR_CASES: readonly AgentCase[] = [
  {
    name: "who looks on sees everything, may say nothing, and leaves no trace at the customer",
    when: ({ monitor }) => monitor,
    async run(context) {
      const talk = await context.talking();
      await context.fence(talk, "before");
      const before = await talk.customer.raw();
      const { chat, supervisor } = await monitoring(context, talk);
      equal(chat.transport.part, "monitor", "the part");
      await context.fence({ customer: talk.customer, chat }, "seen");
      const message = { clientId: "monitor-1", body: { kind: "text" as const, text: "may-I-speak" } };
      await rejects(chat.transport.send(message), "refused", "send");
      if (chat.transport.sendChatState)
        await rejects(chat.transport.sendChatState("composing"), "refused", "sendChatState");
      if (chat.transport.whisper && !context.declared.whisperWhileMonitoring)
        await rejects(chat.transport.whisper(message), "refused", "whisper");
      await chat.transport.close();
      await context.fence(talk, "after");
      const trace = (await talk.customer.raw()).substring(before.length);
      const { state } = supervisor.transport;
      const name = state.status === "online" ? state.who.name : "";
      for (const word of [name, context.harness.ids.supervisor, "may-I-speak"])
        check(word === "" || !trace.includes(word), `the customer has a trace of the supervisor: ${word}`);
    },
  },
  {
    name: "who looks on changes nothing: adding, removing, handing over and asking for help are refused",
    when: ({ monitor }) => monitor,
    async run(context) {
      const talk = await context.talking();
      const { transport } = (await monitoring(context, talk)).chat;
      const { ids } = context.harness;
      const calls = [
        transport.addParticipant?.({ id: ids.colleague }),
        transport.removeParticipant?.(ids.agent),
        transport.transfer?.({ id: ids.agent }),
        transport.raiseHand?.({ id: ids.supervisor }),
      ];
      for (const call of calls) if (call) await rejects(call, "refused", "changing it");
    },
  },
  {
    name: "only supervisors look on",
    when: ({ monitor, floor }) => monitor && floor,
    async run(context) {
      const talk = await context.talking();
      const colleague = await context.online("colleague");
      const target: FloorConversation = { conversationId: talk.request.conversationId, participants: [] };
      await rejects(context.conversation(colleague, target, "monitor").open(), "refused", "open");
      await context.fence(talk);
    },
  },
  {
    name: "a supervisor may whisper before barging in",
    when: ({ whisperWhileMonitoring }) => whisperWhileMonitoring,
    async run(context) {
      const talk = await context.talking();
      const { chat } = await monitoring(context, talk);
      const body = { kind: "text" as const, text: "offer-a-refund" };
      await chat.transport.whisper?.({ clientId: "coach", body });
      equal((await talk.chat.text("offer-a-refund")).whisper, true, "whisper");
      await context.fence(talk);
      check(!(await talk.customer.raw()).includes("offer-a-refund"), "the whisper came to the customer");
    },
  },
  {
    name: "who barges in is a participant, and heard by the customer",
    when: ({ monitor, bargeIn }) => monitor && bargeIn,
    async run(context) {
      const talk = await context.talking();
      const { chat } = await monitoring(context, talk);
      await chat.transport.bargeIn?.();
      await context.eventually(
        "the part of a participant",
        () => chat.transport.part,
        (part) => part === "participant",
      );
      await chat.transport.send({ clientId: "barge", body: { kind: "text", text: "I am the supervisor" } });
      await context.heard(talk.customer, "I am the supervisor");
    },
  },
  {
    name: "who does not look on cannot barge in: refused",
    when: ({ bargeIn }) => bargeIn,
    async run(context) {
      const { chat } = await context.talking();
      await rejects(called(chat.transport.bargeIn?.()), "refused", "bargeIn");
    },
  },
  {
    name: "the floor has the conversations for a supervisor, and none for an agent",
    when: ({ floor }) => floor,
    async run(context) {
      const { agent, request } = await context.talking();
      const supervisor = await context.online("supervisor");
      const seen = await floorOf(supervisor);
      check(
        seen.conversations.some(({ conversationId }) => conversationId === request.conversationId),
        "the conversation is not on the floor",
      );
      check(!Number.isNaN(seen.at.getTime()), "at is a time");
      equal(seen.queues !== undefined, context.declared.queues, "whether queues are told");
      equal((await floorOf(agent)).conversations, [], "what an agent may look into");
    },
  },
];

async function floorOf({ transport }: AgentProbe): Promise<Floor> {
  return called(transport.floor?.());
}

/** A supervisor looks on, unannounced. */
async function monitoring(
  context: AgentContext,
  talk: Talk,
): Promise<{ chat: ConversationProbe; supervisor: AgentProbe }> {
  const supervisor = await context.online("supervisor");
  const target: FloorConversation = { conversationId: talk.request.conversationId, participants: [] };
  const chat = context.conversation(supervisor, target, "monitor");
  await chat.open();
  return { chat, supervisor };
}
