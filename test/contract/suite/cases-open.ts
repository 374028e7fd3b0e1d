import type { Capability } from "../../../src/transport/index.ts";
import { check, equal, rejects } from "./assertions.ts";
import type { ContractCase } from "./case.ts";

const REFUSALS = ["refused", "unauthorized", "conflict", "not-found"] as const;

/** `open`: the way in, and every way not in. */
export const OPEN_CASES: readonly ContractCase[] = [
  {
    name: "starts idle, speaks contract 1 and supports what it said",
    async run(context) {
      const { transport } = context.make();
      equal(transport.contract, 1, "contract");
      equal(transport.state.status, "idle", "the first state");
      check(transport.vendor !== "", "a vendor has a name");
      for (const key of Object.keys(context.declared) as Capability[])
        equal(transport.supports[key], context.declared[key], `supports.${key}`);
    },
  },
  {
    name: "open goes idle, connecting, connected and resolves with the conversation of its state",
    async run(context) {
      const probe = context.make();
      const conversation = await probe.open();
      const { state } = probe.transport;
      check(state.status === "connected", `open resolved in ${state.status}`);
      check(state.conversation === conversation, "open resolved with another conversation than its state has");
      const statuses = probe.all("state").map(({ current }) => current.status);
      equal(statuses[0], "connecting", "the first state after idle");
      equal(statuses.at(-1), "connected", "the last state");
      check(conversation.id !== "", "the conversation has an id");
    },
  },
  {
    name: "the customer is among the participants and isSelf",
    async run(context) {
      const { conversation } = await context.connected();
      check(conversation.self.isSelf, "self has isSelf");
      const selves = conversation.participants.filter(({ isSelf }) => isSelf);
      check(
        selves.some(({ id }) => id === conversation.self.id),
        "self is not among the participants",
      );
    },
  },
  {
    name: "the conversation supports no more than was declared",
    async run(context) {
      const { conversation, transport } = await context.connected();
      for (const key of Object.keys(transport.supports) as Capability[])
        check(transport.supports[key] || !conversation.supports[key], `${key} grew on opening`);
    },
  },
  {
    name: "a refused open rejects with the refusal, is closed as refused and is not retried",
    needs: ["refuseNextOpen"],
    async run(context) {
      const probe = context.make();
      await context.far("refuseNextOpen")();
      await rejects(probe.open(), REFUSALS, "open");
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === "refused", `the state is ${JSON.stringify(state)}`);
      check(state.cause !== undefined, "the closed state has no cause");
      const tries = probe.all("state").filter(({ current }) => current.status === "connecting").length;
      equal(tries, 1, "tries to connect");
    },
  },
  {
    name: "an open aborted before it starts stays idle, and can be opened later",
    async run(context) {
      const probe = context.make();
      const signal = AbortSignal.abort();
      const error = await rejects(probe.transport.open(context.harness.request, { signal }), "aborted", "open");
      equal(error.name, "AbortError", "the name of the error");
      equal(probe.transport.state.status, "idle", "the state");
      equal(probe.heard.length, 0, "events");
      await probe.open();
    },
  },
  {
    name: "an open aborted on the way rejects with aborted and is closed",
    needs: ["hangNextOpen"],
    async run(context) {
      const probe = context.make();
      await context.far("hangNextOpen")();
      const abort = new AbortController();
      const opening = probe.transport.open(context.harness.request, { signal: abort.signal });
      await probe.status("connecting");
      abort.abort();
      await rejects(opening, "aborted", "open");
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === context.leaving, `the state is ${JSON.stringify(state)}`);
    },
  },
  {
    name: "an abort after open has resolved changes nothing",
    async run(context) {
      const probe = context.make();
      const abort = new AbortController();
      await probe.transport.open(context.harness.request, { signal: abort.signal });
      abort.abort();
      await context.fence(probe);
      equal(probe.transport.state.status, "connected", "the state");
    },
  },
  {
    name: "open without an answer rejects with timed-out after timeoutMs and is closed",
    needs: ["hangNextOpen"],
    async run(context) {
      const probe = context.make();
      await context.far("hangNextOpen")();
      const error = await rejects(
        probe.transport.open(context.harness.request, { timeoutMs: 60 }),
        "timed-out",
        "open",
      );
      check(error.info.retryable, "a time-out is worth repeating");
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === "timed-out", `the state is ${JSON.stringify(state)}`);
    },
  },
  {
    name: "open waits 30 seconds unless told otherwise",
    needs: ["hangNextOpen", "useClock"],
    async run(context) {
      const clock = context.far("useClock")();
      const probe = context.make();
      await context.far("hangNextOpen")();
      const outcome = rejects(probe.open(), "timed-out", "open");
      await clock.advance(29_999);
      equal(probe.transport.state.status, "connecting", "the state after 29,999 ms");
      await clock.advance(1);
      await outcome;
    },
  },
  {
    name: "a second open while connecting rejects with invalid-argument and disturbs nothing",
    needs: ["hangNextOpen"],
    async run(context) {
      const probe = context.make();
      await context.far("hangNextOpen")();
      const opening = probe.open();
      const outcome = rejects(opening, "closed", "the first open");
      await rejects(probe.open(), "invalid-argument", "the second open");
      equal(probe.transport.state.status, "connecting", "the state");
      await probe.transport.close();
      await outcome;
    },
  },
  {
    name: "a second open when connected rejects with invalid-argument and disturbs nothing",
    async run(context) {
      const probe = await context.connected();
      await rejects(probe.open(), "invalid-argument", "the second open");
      await context.fence(probe);
      equal(probe.transport.state.status, "connected", "the state");
    },
  },
  {
    name: "open after close rejects with closed",
    async run(context) {
      const probe = await context.connected();
      await probe.transport.close();
      await rejects(probe.open(), "closed", "open");
    },
  },
];
