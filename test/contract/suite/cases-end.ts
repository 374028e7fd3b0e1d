import { check, equal, rejects } from "./assertions.ts";
import type { ContractCase } from "./case.ts";
import { textMessage } from "./samples.ts";
import { turns } from "./timer-control.ts";

const IDS = { interactionId: "IN-5521", chatId: "CH-1009" };

/** `ended`, `close` and what is left: nothing. */
export const END_CASES: readonly ContractCase[] = [
  {
    name: "the agent's end is told with its ids, then the state is closed by itself",
    async run(context) {
      const probe = await context.connected();
      const given = (await context.harness.endChat(IDS)) ?? IDS;
      await probe.status("closed");
      const [ended] = probe.all("ended");
      check(ended !== undefined, "ended was not emitted before closed");
      equal(ended.by, "agent", "who ended");
      equal({ interactionId: ended.interactionId, chatId: ended.chatId }, given, "the ids");
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === "agent-ended", `the state is ${JSON.stringify(state)}`);
    },
  },
  {
    name: "nothing is emitted after closed",
    async run(context) {
      const probe = await context.connected();
      await probe.transport.close();
      const before = probe.heard.length;
      await context.harness.say("anybody there?");
      await turns();
      equal(probe.heard.length, before, "events");
    },
  },
  {
    name: "nothing is emitted after the agent's end",
    async run(context) {
      const probe = await context.connected();
      await context.harness.endChat(IDS);
      await probe.status("closed");
      const before = probe.heard.length;
      await context.harness.say("one more thing");
      await turns();
      equal(probe.heard.length, before, "events");
    },
  },
  {
    name: "close is closed with the reason given and emits no ended",
    async run(context) {
      const probe = await context.connected();
      await probe.transport.close("timed-out");
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === "timed-out", `the state is ${JSON.stringify(state)}`);
      equal(probe.all("ended").length, 0, "ended events");
    },
  },
  {
    name: "close without a reason says that whose transport it is has left",
    async run(context) {
      const probe = await context.connected();
      await probe.transport.close();
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === context.leaving, `the state is ${JSON.stringify(state)}`);
    },
  },
  {
    name: "close twice, also at the same time, resolves and closes once",
    async run(context) {
      const probe = await context.connected();
      await Promise.all([probe.transport.close(), probe.transport.close("replaced")]);
      await probe.transport.close();
      equal(probe.all("state").filter(({ current }) => current.status === "closed").length, 1, "closed events");
    },
  },
  {
    name: "close in idle is closed, and nothing was ever opened",
    async run(context) {
      const probe = context.make();
      await probe.transport.close();
      equal(probe.transport.state.status, "closed", "the state");
      equal(await context.harness.openHandles(), 0, "open handles");
    },
  },
  {
    name: "close while connecting rejects the open with closed",
    needs: ["hangNextOpen"],
    async run(context) {
      const probe = context.make();
      await context.far("hangNextOpen")();
      const outcome = rejects(probe.open(), "closed", "open");
      await probe.status("connecting");
      await probe.transport.close();
      await outcome;
      equal(probe.transport.state.status, "closed", "the state");
    },
  },
  {
    name: "close rejects a send under way with closed",
    needs: ["hangNextSend"],
    async run(context) {
      const probe = await context.connected();
      await context.far("hangNextSend")();
      const outcome = rejects(probe.transport.send(textMessage("too late")), "closed", "send");
      await probe.transport.close();
      await outcome;
    },
  },
  {
    name: "close with an aborted signal closes without a goodbye",
    async run(context) {
      const probe = await context.connected();
      await probe.transport.close("customer-left", { signal: AbortSignal.abort() });
      equal(probe.transport.state.status, "closed", "the state");
    },
  },
  {
    name: "no timer, socket or listener is left after close",
    async run(context) {
      const probe = await context.connected();
      await probe.transport.send(textMessage("hello"));
      await context.fence(probe);
      check(
        (await context.harness.openHandles()) > 0,
        "a connected transport holds something: openHandles counts nothing",
      );
      await probe.transport.close();
      await context.eventually(
        "no open handles",
        () => context.harness.openHandles(),
        (count) => count === 0,
      );
    },
  },
];
