import type { MessageId } from "../../../src/transport/index.ts";
import { check, equal, rejects } from "./assertions.ts";
import type { CaseContext, ContractCase } from "./case.ts";
import type { FarChange } from "./harness.ts";
import type { Probe } from "./probe.ts";
import { textMessage, UNKNOWN_ID } from "./samples.ts";

/** Edits, retractions, reactions and replies, and who may make them: where declared. */
export const CHANGE_CASES: readonly ContractCase[] = [
  {
    name: "an own message is edited at the far end",
    needs: ["sentChanges"],
    when: ({ edit }) => edit,
    async run(context) {
      const { transport } = await context.connected();
      const { id } = await transport.send(textMessage("teh"));
      await transport.edit?.(id, { kind: "text", text: "the" });
      await changed(context, { kind: "edited", id, text: "the" });
    },
  },
  {
    name: "an own message is retracted at the far end",
    needs: ["sentChanges"],
    when: ({ retract }) => retract,
    async run(context) {
      const { transport } = await context.connected();
      const { id } = await transport.send(textMessage("oops"));
      await transport.retract?.(id);
      await changed(context, { kind: "retracted", id });
    },
  },
  {
    name: "a reaction reaches the far end, and an empty list takes it back",
    needs: ["sentChanges"],
    when: ({ react }) => react,
    async run(context) {
      const probe = await context.connected();
      const id = await agentMessage(context, probe);
      await probe.transport.react?.(id, ["👍"]);
      await changed(context, { kind: "reactions", id, reactions: ["👍"] });
      await probe.transport.react?.(id, []);
      await changed(context, { kind: "reactions", id, reactions: [] });
    },
  },
  {
    name: "the agent's edit of its own message is told",
    needs: ["edits"],
    when: ({ edit }) => edit,
    async run(context) {
      const probe = await context.connected();
      const id = await agentMessage(context, probe);
      await context.far("edits")(id, "better");
      const { change, from } = await probe.next("message-changed", (event) => event.id === id);
      equal(change, { kind: "edited", body: { kind: "text", text: "better" } }, "the change");
      check(!from.isSelf, "the agent is not the customer");
    },
  },
  {
    name: "the agent's retraction of its own message is told",
    needs: ["retracts"],
    when: ({ retract }) => retract,
    async run(context) {
      const probe = await context.connected();
      const id = await agentMessage(context, probe);
      await context.far("retracts")(id);
      const { change } = await probe.next("message-changed", (event) => event.id === id);
      equal(change.kind, "retracted", "the change");
    },
  },
  {
    name: "the agent's reaction is told",
    needs: ["reacts"],
    when: ({ react }) => react,
    async run(context) {
      const probe = await context.connected();
      const { id } = await probe.transport.send(textMessage("thanks"));
      await context.far("reacts")(id, ["❤️"]);
      const { change } = await probe.next("message-changed", (event) => event.id === id && !event.from.isSelf);
      equal(change, { kind: "reactions", reactions: ["❤️"] }, "the change");
    },
  },
  {
    name: "an edit by somebody who did not write the message is dropped",
    needs: ["edits"],
    when: ({ edit }) => edit,
    async run(context) {
      const probe = await context.connected();
      const { id } = await probe.transport.send(textMessage("I owe you 5"));
      await context.far("edits")(id, "I owe you 5000");
      await context.fence(probe);
      equal(probe.all("message-changed"), [], "changes that were told");
    },
  },
  {
    name: "a retraction by somebody who did not write the message is dropped",
    needs: ["retracts"],
    when: ({ retract }) => retract,
    async run(context) {
      const probe = await context.connected();
      const { id } = await probe.transport.send(textMessage("I complain"));
      await context.far("retracts")(id);
      await context.fence(probe);
      equal(probe.all("message-changed"), [], "changes that were told");
    },
  },
  {
    name: "editing somebody else's message rejects with refused",
    when: ({ edit }) => edit,
    async run(context) {
      const probe = await context.connected();
      const id = await agentMessage(context, probe);
      const editing = probe.transport.edit?.(id, { kind: "text", text: "mine now" });
      await rejects(Promise.resolve(editing), "refused", "edit");
    },
  },
  {
    name: "retracting somebody else's message rejects with refused",
    when: ({ retract }) => retract,
    async run(context) {
      const probe = await context.connected();
      const id = await agentMessage(context, probe);
      await rejects(Promise.resolve(probe.transport.retract?.(id)), "refused", "retract");
    },
  },
  {
    name: "editing an unknown message rejects with not-found",
    when: ({ edit }) => edit,
    async run(context) {
      const { transport } = await context.connected();
      const editing = transport.edit?.(UNKNOWN_ID, { kind: "text", text: "where?" });
      await rejects(Promise.resolve(editing), "not-found", "edit");
    },
  },
  {
    name: "retracting an unknown message rejects with not-found",
    when: ({ retract }) => retract,
    async run(context) {
      const { transport } = await context.connected();
      await rejects(Promise.resolve(transport.retract?.(UNKNOWN_ID)), "not-found", "retract");
    },
  },
  {
    name: "reacting to an unknown message rejects with not-found",
    when: ({ react }) => react,
    async run(context) {
      const { transport } = await context.connected();
      await rejects(Promise.resolve(transport.react?.(UNKNOWN_ID, ["👍"])), "not-found", "react");
    },
  },
  {
    name: "a reply reaches the far end with the id of what it answers",
    when: ({ replyTo }) => replyTo,
    async run(context) {
      const probe = await context.connected();
      const replyTo = await agentMessage(context, probe);
      await probe.transport.send({ ...textMessage("my answer"), replyTo });
      await context.received("my answer");
      const answer = (await context.harness.sent()).find(({ text }) => text === "my answer");
      equal(answer?.replyTo, replyTo, "what it answers");
    },
  },
  {
    name: "the agent's reply says which message it answers",
    needs: ["replies"],
    when: ({ replyTo }) => replyTo,
    async run(context) {
      const probe = await context.connected();
      const { id } = await probe.transport.send(textMessage("question"));
      await context.far("replies")("answer", id);
      equal((await probe.text("answer")).replyTo, id, "what it answers");
    },
  },
  {
    name: "send with replyTo rejects with unsupported, because there is no replyTo",
    when: ({ replyTo }) => !replyTo,
    async run(context) {
      const probe = await context.connected();
      const replyTo = await agentMessage(context, probe);
      await rejects(probe.transport.send({ ...textMessage("my answer"), replyTo }), "unsupported", "send");
    },
  },
];

async function agentMessage(context: CaseContext, probe: Probe): Promise<MessageId> {
  const id = await context.harness.say("from the agent");
  await probe.text("from the agent");
  return id;
}

async function changed(context: CaseContext, expected: FarChange): Promise<void> {
  await context.eventually("the change at the far end", context.far("sentChanges"), (changes) =>
    changes.some((change) => JSON.stringify(change) === JSON.stringify(expected)),
  );
}
