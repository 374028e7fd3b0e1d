import { check, equal, rejects } from "../assertions.ts";
import type { AgentCase } from "./agent-case.ts";

/** A link that is lost and comes back. */
export const AGENT_LINK_CASES: readonly AgentCase[] = [
  {
    name: "a lost link is reconnecting with its cause, then online as the same agent",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.online();
      const before = probe.transport.state;
      await context.far("dropLink")();
      await probe.status("online", 2);
      const lost = probe.all("state").find(({ current }) => current.status === "reconnecting");
      check(lost?.current.status === "reconnecting", "it was never reconnecting");
      equal(lost.current.attempt, 1, "the first attempt");
      equal(lost.current.cause.code, "unreachable", "the cause");
      const after = probe.transport.state;
      check(before.status === "online" && after.status === "online", "it is not online");
      equal(after.who, before.who, "who is signed in");
    },
  },
  {
    name: "after an outage the agent is in the same conversations, with what was missed, in order and once",
    needs: ["dropLink"],
    async run(context) {
      const talk = await context.talking();
      await context.fence(talk, "before");
      await context.far("dropLink")();
      await talk.chat.status("reconnecting");
      await talk.customer.say("meanwhile");
      await talk.chat.status("connected", 2);
      await talk.chat.text("meanwhile");
      await context.fence(talk, "after");
      equal(talk.chat.textsFromOthers(), ["before", "meanwhile", "after"], "the texts");
      await talk.chat.transport.send({ clientId: "again", body: { kind: "text", text: "I am back" } });
      await context.heard(talk.customer, "I am back");
    },
  },
  {
    name: "after an outage the agent is as ready as before, and asked again",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.online();
      await context.far("dropLink")();
      await probe.status("online", 2);
      const { conversationId } = await context.harness.customer("Ravi");
      await probe.request(conversationId);
    },
  },
  {
    name: "a request that rang when the link was lost ends as link-lost, once",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.online();
      const { conversationId } = await context.harness.customer("Ravi");
      const request = await probe.request(conversationId);
      await context.far("dropLink")();
      const ended = await probe.next("request-ended");
      equal([ended.request.id, ended.outcome], [request.id, "link-lost"], "what became of it");
      await probe.status("online", 2);
      const late = context.conversation(probe, request, "accept");
      await rejects(late.open(), ["conflict", "not-found"], "accepting it");
    },
  },
  {
    name: "entering when the link is lost rejects with unreachable, when it closes with closed",
    needs: ["dropLink", "hangNextEntry"],
    async run(context) {
      const agent = await context.online();
      const first = await context.harness.customer("Ravi");
      const request = await agent.request(first.conversationId);
      await context.far("hangNextEntry")();
      const lost = rejects(context.conversation(agent, request, "accept").open(), "unreachable", "open");
      await context.far("dropLink")();
      await lost;
      await agent.status("online", 2);
      const second = await context.harness.customer("Jane");
      await context.far("hangNextEntry")();
      const next = await agent.request(second.conversationId);
      const closed = rejects(context.conversation(agent, next, "accept").open(), "closed", "open");
      await agent.transport.close();
      await closed;
    },
  },
  {
    name: "close while reconnecting ends the trying",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.online();
      const closed: Promise<void>[] = [];
      probe.transport.on("state", ({ current }) => {
        if (current.status === "reconnecting") closed.push(probe.transport.close());
      });
      await context.far("dropLink")();
      await probe.status("closed");
      await Promise.all(closed);
      equal(probe.transport.state.status, "closed", "the state");
    },
  },
  {
    name: "wake finds a link that lives alive, and is false where there is none",
    async run(context) {
      const { transport } = context.make();
      if (!transport.wake) return;
      equal(await transport.wake(), false, "alive before signIn");
      await rejects(transport.wake({ signal: AbortSignal.abort() }), "aborted", "wake");
      await transport.signIn();
      equal(await transport.wake(), true, "alive");
      await transport.close();
      equal(await transport.wake(), false, "alive after close");
    },
  },
];
