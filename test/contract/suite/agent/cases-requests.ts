import type { Availability, FloorConversation } from "../../../../src/agent/index.ts";
import { check, equal, rejects } from "../assertions.ts";
import { turns } from "../timer-control.ts";
import type { AgentCase } from "./agent-case.ts";

const NOBODY: FloorConversation = { conversationId: "nowhere", participants: [] };

/** Who is asked, who may answer, and what becomes of a request. */
export const REQUEST_CASES: readonly AgentCase[] = [
  {
    name: "a customer who waits is a request, once, with the conversation and who it is",
    async run(context) {
      const agent = await context.online();
      const customer = await context.harness.customer("Ravi");
      const request = await agent.request(customer.conversationId);
      equal(request.kind, "chat", "the kind");
      check(request.id !== "", "a request has an id");
      check(!Number.isNaN(request.receivedAt.getTime()), "receivedAt is a time");
      check(typeof request.customer.name === "string", "the customer has a name");
      await turns();
      equal(agent.all("request").length, 1, "requests");
    },
  },
  {
    name: "accepting is being in the conversation, and the request has ended as accepted",
    async run(context) {
      const { agent, customer, request, chat } = await context.talking();
      const { state } = chat.transport;
      check(state.status === "connected", `the conversation is ${state.status}`);
      equal(chat.transport.conversationId, customer.conversationId, "the conversation");
      const ended = await agent.next("request-ended");
      equal([ended.request.id, ended.outcome], [request.id, "accepted"], "what became of the request");
      await context.fence({ customer, chat });
      await chat.transport.send({ clientId: "accept-1", body: { kind: "text", text: "How can I help?" } });
      await context.heard(customer, "How can I help?");
    },
  },
  {
    name: "what the customer said before is there, replayed",
    async run(context) {
      const agent = await context.online();
      const customer = await context.harness.customer("Ravi");
      await customer.say("I wait");
      const chat = context.conversation(agent, await agent.request(customer.conversationId), "accept");
      await chat.open();
      equal((await chat.text("I wait")).replayed, true, "replayed");
    },
  },
  {
    name: "a request that was accepted cannot be accepted again",
    async run(context) {
      const { agent, request, chat, customer } = await context.talking();
      const again = context.conversation(agent, request, "accept");
      await rejects(again.open(), ["conflict", "not-found"], "the second open");
      equal(again.transport.state.status, "closed", "the state of the second");
      await context.fence({ customer, chat });
    },
  },
  {
    name: "of two who accept the first has it: the other is told, and rejected",
    when: ({ requestEnds }) => requestEnds,
    async run(context) {
      const [agent, colleague] = [await context.online(), await context.online("colleague")];
      const customer = await context.harness.customer("Ravi");
      const [mine, theirs] = [
        await agent.request(customer.conversationId),
        await colleague.request(customer.conversationId),
      ];
      await context.conversation(agent, mine, "accept").open();
      const ended = await colleague.next("request-ended");
      equal([ended.request.id, ended.outcome], [theirs.id, "elsewhere"], "what the other was told");
      const late = context.conversation(colleague, theirs, "accept");
      await rejects(late.open(), ["conflict", "not-found"], "the second accept");
      const { state } = late.transport;
      check(state.status === "closed" && state.reason === "refused", `the state is ${JSON.stringify(state)}`);
    },
  },
  {
    name: "a request that was never told throws invalid-argument",
    async run(context) {
      const agent = await context.online();
      const request = {
        ...NOBODY,
        id: "made-up",
        kind: "chat" as const,
        customer: { name: "Nobody", details: {} },
        receivedAt: new Date(),
        raw: {},
      };
      await throws(() => agent.transport.conversation(request, "accept"), "invalid-argument");
    },
  },
  {
    name: "monitor throws unsupported, because it is not declared",
    when: ({ monitor }) => !monitor,
    async run(context) {
      const agent = await context.online("supervisor");
      await throws(() => agent.transport.conversation(NOBODY, "monitor"), "unsupported");
    },
  },
  {
    name: "a conversation that is not there rejects with not-found or refused",
    async run(context) {
      const agent = await context.online();
      const { conversationId } = await context.harness.customer("Ravi");
      await agent.request(conversationId);
      const elsewhere = { conversationId: conversationId.replace(/^[^@]+/, "nowhere"), participants: [] };
      await rejects(context.conversation(agent, elsewhere, "enter").open(), ["not-found", "refused"], "open");
    },
  },
  {
    name: "a request that is declined has ended, cannot be declined again, and others still may have it",
    when: ({ decline }) => decline,
    async run(context) {
      const [agent, colleague] = [await context.online(), await context.online("colleague")];
      const customer = await context.harness.customer("Ravi");
      const request = await agent.request(customer.conversationId);
      await agent.transport.decline?.(request, { reason: "busy" });
      const ended = await agent.next("request-ended");
      equal([ended.request.id, ended.outcome], [request.id, "declined"], "what became of the request");
      await rejects(agent.transport.decline?.(request) ?? Promise.resolve(), "conflict", "the second decline");
      const theirs = await colleague.request(customer.conversationId);
      await context.conversation(colleague, theirs, "accept").open();
    },
  },
  {
    name: "a request that was taken back ends as withdrawn, and can be accepted no more",
    needs: ["withdraw"],
    when: ({ requestEnds }) => requestEnds,
    async run(context) {
      const agent = await context.online();
      const { conversationId } = await context.harness.customer("Ravi");
      const request = await agent.request(conversationId);
      await context.far("withdraw")(conversationId);
      equal((await agent.next("request-ended")).outcome, "withdrawn", "the outcome");
      const late = context.conversation(agent, request, "accept");
      await rejects(late.open(), ["conflict", "not-found"], "accepting it");
    },
  },
  {
    name: "a request that nobody answered ends as no-answer",
    needs: ["expire"],
    when: ({ requestEnds }) => requestEnds,
    async run(context) {
      const agent = await context.online();
      const { conversationId } = await context.harness.customer("Ravi");
      await agent.request(conversationId);
      await context.far("expire")(conversationId);
      equal((await agent.next("request-ended")).outcome, "no-answer", "the outcome");
    },
  },
  {
    name: "who is not ready is not asked; who says ready is, and the service's word for it is told",
    when: ({ availability }) => availability,
    async run(context) {
      const agent = await context.online();
      await agent.transport.setAvailability?.({ ready: false });
      const customer = await context.harness.customer("Ravi");
      await turns();
      equal(agent.all("request").length, 0, "requests while not ready");
      await agent.transport.setAvailability?.({ ready: true });
      await agent.request(customer.conversationId);
      const said = agent.all("availability").map(({ ready }) => ready);
      equal(said.slice(-2), [false, true], "what the service has confirmed");
    },
  },
  {
    name: "the reason for not being ready reaches the service",
    when: ({ notReadyReasons }) => notReadyReasons,
    async run(context) {
      const agent = await context.online();
      await agent.transport.setAvailability?.({ ready: false, reason: "lunch" });
      await agent.next("availability", (said: Availability) => !said.ready && said.reason === "lunch");
    },
  },
];

async function throws(call: () => unknown, code: "invalid-argument" | "unsupported"): Promise<void> {
  await rejects(
    new Promise((resolve) => {
      resolve(call());
    }),
    code,
    "conversation",
  );
}
