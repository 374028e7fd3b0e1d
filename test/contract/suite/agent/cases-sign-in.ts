import type { AgentCapability, AgentTransport } from "../../../../src/agent/index.ts";
import { check, equal, rejects } from "../assertions.ts";
import { turns } from "../timer-control.ts";
import type { AgentCase } from "./agent-case.ts";

const REFUSALS = ["unauthorized", "refused", "conflict", "not-found"] as const;

/** `signIn`, `signOut`, `close`: the way in, every way not in, and the way out. */
export const SIGN_IN_CASES: readonly AgentCase[] = [
  {
    name: "starts idle, speaks contract 1 and supports what it said",
    async run(context) {
      const { transport } = context.make();
      equal(transport.contract, 1, "contract");
      equal(transport.state.status, "idle", "the first state");
      check(transport.vendor !== "", "a vendor has a name");
      for (const key of Object.keys(context.declared) as AgentCapability[])
        equal(transport.supports[key], context.declared[key], `supports.${key}`);
    },
  },
  {
    name: "signIn goes idle, connecting, online and resolves with who signed in",
    async run(context) {
      const probe = context.make();
      const who = await probe.transport.signIn();
      const { state } = probe.transport;
      check(state.status === "online", `signIn resolved in ${state.status}`);
      equal(state.who, who, "who signed in");
      check(who.id !== "" && who.name !== "", "an agent has an id and a name");
      const statuses = probe.all("state").map(({ current }) => current.status);
      equal([statuses[0], statuses.at(-1)], ["connecting", "online"], "the first and the last state");
    },
  },
  {
    name: "a refused sign-in rejects with the refusal, is closed as refused and is not retried",
    needs: ["refuseNextSignIn"],
    async run(context) {
      const probe = context.make();
      await context.far("refuseNextSignIn")();
      await rejects(probe.transport.signIn(), REFUSALS, "signIn");
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === "refused", `the state is ${JSON.stringify(state)}`);
      check(state.cause !== undefined, "the closed state has no cause");
      const tries = probe.all("state").filter(({ current }) => current.status === "connecting").length;
      equal(tries, 1, "tries to connect");
    },
  },
  {
    name: "a sign-in aborted before it starts stays idle, and can be made later",
    async run(context) {
      const probe = context.make();
      await rejects(probe.transport.signIn({}, { signal: AbortSignal.abort() }), "aborted", "signIn");
      equal(probe.transport.state.status, "idle", "the state");
      equal(probe.heard.length, 0, "events");
      await probe.transport.signIn();
    },
  },
  {
    name: "a sign-in aborted on the way rejects with aborted and is closed",
    needs: ["hangNextSignIn"],
    async run(context) {
      const probe = context.make();
      await context.far("hangNextSignIn")();
      const abort = new AbortController();
      const outcome = rejects(probe.transport.signIn({}, { signal: abort.signal }), "aborted", "signIn");
      await probe.status("connecting");
      abort.abort();
      await outcome;
      equal(probe.transport.state.status, "closed", "the state");
    },
  },
  {
    name: "a sign-in without an answer rejects with timed-out after timeoutMs and is closed",
    needs: ["hangNextSignIn"],
    async run(context) {
      const probe = context.make();
      await context.far("hangNextSignIn")();
      await rejects(probe.transport.signIn({}, { timeoutMs: 60 }), "timed-out", "signIn");
      equal(probe.transport.state.status, "closed", "the state");
    },
  },
  {
    name: "signIn waits 30 seconds unless told otherwise",
    needs: ["hangNextSignIn", "useClock"],
    async run(context) {
      const clock = context.far("useClock")();
      const probe = context.make();
      await context.far("hangNextSignIn")();
      const outcome = rejects(probe.transport.signIn(), "timed-out", "signIn");
      await clock.advance(29_999);
      equal(probe.transport.state.status, "connecting", "the state after 29,999 ms");
      await clock.advance(1);
      await outcome;
    },
  },
  {
    name: "a second signIn rejects with invalid-argument and disturbs nothing",
    async run(context) {
      const probe = await context.online();
      await rejects(probe.transport.signIn(), "invalid-argument", "the second signIn");
      equal(probe.transport.state.status, "online", "the state");
    },
  },
  {
    name: "signIn after close rejects with closed",
    async run(context) {
      const probe = await context.online();
      await probe.transport.close();
      await rejects(probe.transport.signIn(), "closed", "signIn");
    },
  },
  {
    name: "close is closed as signed-out, once, however often it is called",
    async run(context) {
      const probe = await context.online();
      await Promise.all([probe.transport.close(), probe.transport.close()]);
      await probe.transport.close();
      const closed = probe.all("state").filter(({ current }) => current.status === "closed");
      equal(closed.length, 1, "closed events");
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === "signed-out", `the state is ${JSON.stringify(state)}`);
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
    name: "close while connecting rejects the sign-in with closed",
    needs: ["hangNextSignIn"],
    async run(context) {
      const probe = context.make();
      await context.far("hangNextSignIn")();
      const outcome = rejects(probe.transport.signIn(), "closed", "signIn");
      await probe.status("connecting");
      await probe.transport.close();
      await outcome;
    },
  },
  {
    name: "no timer, socket or listener is left after close",
    async run(context) {
      const probe = await context.online();
      check((await context.harness.openHandles()) > 0, "who is online holds something: openHandles counts nothing");
      await probe.transport.close();
      await context.eventually(
        "no open handles",
        () => context.harness.openHandles(),
        (count) => count === 0,
      );
    },
  },
  {
    name: "nothing is emitted after closed, although customers come",
    async run(context) {
      const probe = await context.online();
      await probe.transport.close();
      const before = probe.heard.length;
      await context.harness.customer("Ravi");
      await turns();
      equal(probe.heard.length, before, "events");
    },
  },
  {
    name: "signOut is closed as signed-out, and conversations are left to the others",
    when: ({ signOut }) => signOut,
    async run(context) {
      const { agent, customer, chat } = await context.talking();
      await agent.transport.signOut?.();
      const { state } = agent.transport;
      check(state.status === "closed" && state.reason === "signed-out", `the state is ${JSON.stringify(state)}`);
      equal(chat.transport.state.status, "closed", "the conversation");
      check(!(await customer.isOver()), "the chat is over for the customer");
    },
  },
  {
    name: "the same agent elsewhere closes this one as replaced",
    needs: ["replace"],
    async run(context) {
      const probe = await context.online();
      await context.far("replace")();
      await probe.status("closed");
      const { state } = probe.transport;
      check(state.status === "closed" && state.reason === "replaced", `the state is ${JSON.stringify(state)}`);
    },
  },
  {
    name: "a listener that throws or unsubscribes harms neither the others nor the wire",
    async run(context) {
      const probe = context.make();
      const heard: string[] = [];
      const off = probe.transport.on("request", () => off());
      probe.transport.on("request", ({ conversationId }) => void heard.push(conversationId));
      await signIn(probe.transport, context.declared.availability);
      const { conversationId } = await context.harness.customer("Ravi");
      await probe.request(conversationId);
      equal(heard, [conversationId], "what the last listener heard");
    },
  },
  {
    name: "something unreadable is a warning, and the agent stays signed in",
    needs: ["sendGarbage"],
    async run(context) {
      const probe = await context.online();
      await context.far("sendGarbage")();
      await probe.next("warning");
      const { conversationId } = await context.harness.customer("Ravi");
      await probe.request(conversationId);
    },
  },
  {
    name: "credentials are asked for at each sign-in, and again after an outage",
    needs: ["credentialsAsked", "dropLink"],
    async run(context) {
      const asked = context.far("credentialsAsked");
      const probe = await context.online();
      equal(await asked(), 1, "how often they were asked for");
      await context.far("dropLink")();
      await probe.status("online", 2);
      check((await asked()) >= 2, "they were not asked for again");
    },
  },
];

function signIn(transport: AgentTransport, availability: boolean): Promise<unknown> {
  return transport.signIn(availability ? { availability: { ready: true } } : {});
}
