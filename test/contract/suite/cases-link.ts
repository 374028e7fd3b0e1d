import { check, equal, rejects } from "./assertions.ts";
import type { ContractCase } from "./case.ts";
import { textMessage } from "./samples.ts";

/** A link that is lost and comes back. */
export const LINK_CASES: readonly ContractCase[] = [
  {
    name: "a lost link is reconnecting with its cause, then connected to the same conversation",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.connected();
      await context.far("dropLink")();
      await probe.status("connected", 2);
      const lost = probe.all("state").find(({ current }) => current.status === "reconnecting");
      check(lost?.current.status === "reconnecting", "it was never reconnecting");
      equal(lost.current.attempt, 1, "the first attempt");
      equal(lost.current.cause.code, "unreachable", "the cause");
      check(!Number.isNaN(lost.current.retryAt.getTime()), "retryAt is a time");
      const { state } = probe.transport;
      check(state.status === "connected", `the state is ${state.status}`);
      equal(state.conversation.id, probe.conversation.id, "the conversation");
      await context.fence(probe);
    },
  },
  {
    name: "messages keep their order over a reconnect, with no gap and no double",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.connected();
      for (const text of ["one", "two"]) await context.harness.say(text);
      await probe.text("two");
      await context.far("dropLink")();
      await probe.status("reconnecting");
      for (const text of ["three", "four"]) await context.harness.say(text);
      await probe.status("connected", 2);
      await probe.text("four");
      await context.fence(probe, "five");
      equal(probe.textsFromOthers(), ["one", "two", "three", "four", "five"], "the texts");
    },
  },
  {
    name: "replay-ended comes once after each connected, after everything that was replayed",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.connected();
      await probe.next("replay-ended");
      await context.fence(probe, "one");
      await context.far("dropLink")();
      await probe.status("reconnecting");
      await context.harness.say("meanwhile");
      await probe.status("connected", 2);
      await probe.text("meanwhile");
      await context.eventually(
        "the second replay-ended",
        () => probe.all("replay-ended").length,
        (count) => count === 2,
      );
      await context.fence(probe, "two");
      equal(probe.all("replay-ended").length, 2, "how often replay-ended came");
    },
  },
  {
    name: "a replay that reaches back to a known message is unbroken",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.connected();
      await context.fence(probe, "known");
      await context.far("dropLink")();
      await probe.status("reconnecting");
      await context.harness.say("meanwhile");
      await probe.status("connected", 2);
      await context.eventually(
        "the second replay-ended",
        () => probe.all("replay-ended"),
        (ends) => ends.length === 2,
      );
      equal(probe.all("replay-ended")[1]?.unbroken, true, "unbroken");
      equal(probe.textsFromOthers(), ["known", "meanwhile"], "the texts");
    },
  },
  {
    name: "sending works again after a reconnect",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.connected();
      await context.far("dropLink")();
      await probe.status("connected", 2);
      await probe.transport.send(textMessage("back again"));
      await context.received("back again");
    },
  },
  {
    name: "a send under way when the link is lost rejects with unreachable and is not repeated",
    needs: ["dropLink", "hangNextSend"],
    async run(context) {
      const probe = await context.connected();
      await context.far("hangNextSend")();
      const outcome = rejects(probe.transport.send(textMessage("unknown fate")), "unreachable", "send");
      await context.far("dropLink")();
      await outcome;
      await probe.status("connected", 2);
      await context.fence(probe);
      const copies = (await context.harness.sent()).filter(({ text }) => text === "unknown fate").length;
      check(copies <= 1, `the message was sent ${copies} times`);
    },
  },
  {
    name: "wake finds a link that lives alive, and disturbs nothing",
    async run(context) {
      const probe = await context.connected();
      if (!probe.transport.wake) return;
      equal(await probe.transport.wake(), true, "alive");
      equal(probe.transport.state.status, "connected", "the state");
      await context.fence(probe);
    },
  },
  {
    name: "wake rejects with aborted only, and is false where there is no link",
    async run(context) {
      const { transport } = context.make();
      if (!transport.wake) return;
      equal(await transport.wake(), false, "alive before open");
      await rejects(transport.wake({ signal: AbortSignal.abort() }), "aborted", "wake");
      await transport.close();
      equal(await transport.wake(), false, "alive after close");
    },
  },
  {
    name: "close while reconnecting ends the trying",
    needs: ["dropLink"],
    async run(context) {
      const probe = await context.connected();
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
];
