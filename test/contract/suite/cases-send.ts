import { check, equal, rejects } from "./assertions.ts";
import type { ContractCase } from "./case.ts";
import { AWKWARD_TEXT, textMessage } from "./samples.ts";

/** `send`: what the customer says reaches the far end, and the caller knows what became of it. */
export const SEND_CASES: readonly ContractCase[] = [
  {
    name: "a text with markup, quotes, emoji and lines reaches the far end unchanged",
    async run(context) {
      const { transport } = await context.connected();
      await transport.send(textMessage(AWKWARD_TEXT));
      await context.received(AWKWARD_TEXT);
    },
  },
  {
    name: "send resolves with the service's id and time",
    async run(context) {
      const { transport } = await context.connected();
      const first = await transport.send(textMessage("first"));
      const second = await transport.send(textMessage("second"));
      check(first.id !== "" && second.id !== "", "a sent message has an id");
      check(first.id !== second.id, `two messages share the id ${first.id}`);
      check(!Number.isNaN(first.acceptedAt.getTime()), "acceptedAt is a time");
    },
  },
  {
    name: "onSent is called once, before send resolves",
    async run(context) {
      const { transport } = await context.connected();
      const story: string[] = [];
      await transport.send(textMessage("hello"), { onSent: () => void story.push("sent") });
      story.push("resolved");
      equal(story, ["sent", "resolved"], "what happened");
    },
  },
  {
    name: "ten messages arrive in the order they were sent",
    async run(context) {
      const { transport } = await context.connected();
      const texts = Array.from({ length: 10 }, (_, n) => `in order ${n}`);
      for (const text of texts) await transport.send(textMessage(text));
      await context.received("in order 9");
      equal(
        (await context.harness.sent()).map(({ text }) => text),
        texts,
        "the texts at the far end",
      );
    },
  },
  {
    name: "a reflected own message is isSelf and carries both ids",
    async run(context) {
      const probe = await context.connected();
      const message = textMessage("mirror");
      const sent = await probe.transport.send(message);
      await context.fence(probe);
      for (const own of probe.all("message").filter(({ from }) => from.isSelf)) {
        equal(own.id, sent.id, "the id of the reflection");
        equal(own.clientId, message.clientId, "the clientId of the reflection");
        check(!own.replayed, "a reflection is live");
      }
      const foreign = probe
        .all("message")
        .filter(({ from, body }) => !from.isSelf && "text" in body && body.text === "mirror");
      equal(foreign.length, 0, "own messages shown as somebody else's");
    },
  },
  {
    name: "an empty text rejects with invalid-argument and is not sent",
    async run(context) {
      const probe = await context.connected();
      await rejects(probe.transport.send(textMessage("")), "invalid-argument", "send");
      await context.fence(probe);
      equal(await context.harness.sent(), [], "messages at the far end");
    },
  },
  {
    name: "a message of no attachments rejects with invalid-argument",
    async run(context) {
      const { transport } = await context.connected();
      const message = { clientId: "contract-empty", body: { kind: "attachments" as const, attachments: [] } };
      await rejects(transport.send(message), "invalid-argument", "send");
    },
  },
  {
    name: "a send aborted on the way rejects with aborted, and the next one works",
    async run(context) {
      const { transport } = await context.connected();
      const abort = new AbortController();
      const sending = transport.send(textMessage("never mind"), { signal: abort.signal });
      abort.abort();
      await rejects(sending, "aborted", "send");
      await transport.send(textMessage("after"));
      await context.received("after");
    },
  },
  {
    name: "an abort after send has resolved changes nothing",
    async run(context) {
      const { transport } = await context.connected();
      const abort = new AbortController();
      await transport.send(textMessage("done"), { signal: abort.signal });
      abort.abort();
      await transport.send(textMessage("after"));
      await context.received("after");
    },
  },
  {
    name: "a refused send rejects with refused and leaves the chat open",
    needs: ["refuseNextSend"],
    async run(context) {
      const probe = await context.connected();
      await context.far("refuseNextSend")();
      await rejects(probe.transport.send(textMessage("no")), "refused", "send");
      await context.fence(probe);
      equal(probe.transport.state.status, "connected", "the state");
    },
  },
  {
    name: "a send without an answer rejects with timed-out after timeoutMs and leaves the chat open",
    needs: ["hangNextSend"],
    async run(context) {
      const probe = await context.connected();
      await context.far("hangNextSend")();
      await rejects(probe.transport.send(textMessage("lost"), { timeoutMs: 60 }), "timed-out", "send");
      await context.fence(probe);
      equal(probe.transport.state.status, "connected", "the state");
    },
  },
  {
    name: "send waits 20 seconds unless told otherwise",
    needs: ["hangNextSend", "useClock"],
    async run(context) {
      const clock = context.far("useClock")();
      const { transport } = await context.connected();
      await context.far("hangNextSend")();
      let settled = false;
      const outcome = rejects(
        transport.send(textMessage("lost")).finally(() => (settled = true)),
        "timed-out",
        "send",
      );
      await clock.advance(19_999);
      check(!settled, "send gave up before 20,000 ms");
      await clock.advance(1);
      await outcome;
    },
  },
];
