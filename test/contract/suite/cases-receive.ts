import { check, equal } from "./assertions.ts";
import type { ContractCase } from "./case.ts";
import { AWKWARD_TEXT } from "./samples.ts";
import { turns } from "./timer-control.ts";

/** Messages from the far end, and listeners of all manners. */
export const RECEIVE_CASES: readonly ContractCase[] = [
  {
    name: "a text with markup, quotes, emoji and lines arrives unchanged",
    async run(context) {
      const probe = await context.connected();
      await context.harness.say(AWKWARD_TEXT);
      await probe.text(AWKWARD_TEXT);
    },
  },
  {
    name: "a message says who wrote it, when, and that it is live",
    async run(context) {
      const probe = await context.connected();
      const id = await context.harness.say("hello");
      const message = await probe.text("hello");
      equal(message.id, id, "the id");
      check(!message.from.isSelf, "the far end is somebody else");
      const far = context.serves === "agent" ? "customer" : "agent";
      check(message.from.role === far || message.from.role === "unknown", `the far end is a ${message.from.role}`);
      check(!message.replayed, "the message is live");
      check(message.clientId === undefined, "clientId is for own messages");
      check(message.sentAt.getTime() <= Date.now(), `sentAt lies in the future: ${message.sentAt.toISOString()}`);
      check(message.raw !== undefined, "the adapter's record of the frame is there");
    },
  },
  {
    name: "twenty messages arrive in the order they were said",
    async run(context) {
      const probe = await context.connected();
      const texts = Array.from({ length: 20 }, (_, n) => `number ${n}`);
      for (const text of texts) await context.harness.say(text);
      await probe.text("number 19");
      equal(probe.textsFromOthers(), texts, "the texts");
    },
  },
  {
    name: "a message that arrives again under the same id is delivered once",
    needs: ["repeatLast"],
    async run(context) {
      const probe = await context.connected();
      await context.harness.say("only once");
      await probe.text("only once");
      await context.far("repeatLast")();
      await context.fence(probe);
      equal(probe.textsFromOthers(), ["only once", "fence"], "the texts");
    },
  },
  {
    name: "what was said before joining is replayed, what is said afterwards is live",
    needs: ["seedHistory"],
    async run(context) {
      const old = await context.far("seedHistory")(3);
      const probe = await context.connected();
      await context.fence(probe, "live");
      for (const message of probe.all("message")) {
        const text = message.body.kind === "text" ? message.body.text : "";
        equal(message.replayed, old.includes(text), `replayed of "${text}"`);
      }
    },
  },
  {
    name: "a frame that nobody knows is a bad-frame warning, and the chat goes on",
    needs: ["sendGarbage"],
    async run(context) {
      const probe = await context.connected();
      await context.far("sendGarbage")();
      const warning = await probe.next("warning", ({ code }) => code === "bad-frame");
      check(warning.message !== "", "the warning says something");
      await context.fence(probe);
      equal(probe.transport.state.status, "connected", "the state");
    },
  },
  {
    name: "a listener that throws harms neither the others nor the wire",
    async run(context) {
      const probe = await context.connected();
      let calls = 0;
      await catchingReports(async () => {
        probe.transport.on("message", () => {
          calls++;
          throw new Error("An application's bug.");
        });
        const after: string[] = [];
        probe.transport.on("message", ({ id }) => void after.push(id));
        await context.fence(probe, "one");
        await context.fence(probe, "two");
        equal(calls, 2, "calls of the throwing listener");
        equal(after.length, 2, "calls of the listener behind it");
        await turns();
      });
      equal(probe.transport.state.status, "connected", "the state");
    },
  },
  {
    name: "a listener that unsubscribes during an event harms nobody",
    async run(context) {
      const probe = await context.connected();
      const heard: string[] = [];
      const offFirst = probe.transport.on("message", () => {
        heard.push("first");
        offFirst();
        offSecond();
      });
      const offSecond = probe.transport.on("message", () => void heard.push("second"));
      probe.transport.on("message", () => void heard.push("third"));
      await context.fence(probe, "one");
      await context.fence(probe, "two");
      equal(heard, ["first", "third", "third"], "who heard");
    },
  },
  {
    name: "listeners are called in the order of subscription, and not after unsubscribing",
    async run(context) {
      const probe = await context.connected();
      const heard: number[] = [];
      const offs = [1, 2, 3].map((n) => probe.transport.on("message", () => void heard.push(n)));
      await context.fence(probe, "one");
      equal(heard, [1, 2, 3], "who heard");
      for (const off of [...offs, ...offs]) off();
      await context.fence(probe, "two");
      equal(heard, [1, 2, 3], "who heard after unsubscribing");
    },
  },
];

/** A listener's error may be reported to the platform. During `run` it is caught, or the test runner would fail on it. */
async function catchingReports(run: () => Promise<void>): Promise<void> {
  const own = Object.getOwnPropertyDescriptor(globalThis, "reportError");
  const ignore = (): void => undefined;
  Object.defineProperty(globalThis, "reportError", { value: ignore, configurable: true, writable: true });
  try {
    await run();
  } finally {
    if (own) Object.defineProperty(globalThis, "reportError", own);
    else Reflect.deleteProperty(globalThis, "reportError");
  }
}
