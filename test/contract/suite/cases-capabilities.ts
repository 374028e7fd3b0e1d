import type {
  Capabilities,
  CatchUpStart,
  ChatMessage,
  ChatTransport,
  HistoryCursor,
} from "../../../src/transport/index.ts";
import { check, ContractFailure, equal, rejects } from "./assertions.ts";
import type { ContractCase } from "./case.ts";
import { textMessage, UNKNOWN_ID } from "./samples.ts";

/** Chat states, receipts, marks, history, hand-over and resuming: where declared. */
export const CAPABILITY_CASES: readonly ContractCase[] = [
  {
    name: "the agent's typing is a chat-state event",
    needs: ["composing"],
    when: ({ chatStates }) => chatStates,
    async run(context) {
      const probe = await context.connected();
      await context.far("composing")();
      const { from } = await probe.next("chat-state", ({ state }) => state === "composing");
      check(!from.isSelf, "the agent is not the customer");
    },
  },
  {
    name: "composing and paused reach the far end, and are not reported back",
    needs: ["sentStates"],
    when: ({ chatStates }) => chatStates,
    async run(context) {
      const probe = await context.connected();
      await probe.transport.sendChatState?.("composing");
      await probe.transport.sendChatState?.("paused");
      const sentStates = context.far("sentStates");
      const { chatStates = ["composing", "paused"] } = context.harness;
      await context.eventually("the chat states at the far end", sentStates, (states) => {
        const order = states.filter((state) => state === "composing" || state === "paused");
        return order.join() === chatStates.join();
      });
      await context.fence(probe);
      equal(probe.all("chat-state").filter(({ from }) => from.isSelf).length, 0, "own chat states reported");
    },
  },
  ...(["received", "displayed"] as const).map((kind): ContractCase => {
    const ability = kind === "received" ? "receives" : "displays";
    return {
      name: `the agent's client saying ${kind} is a receipt event with the id of the sent message`,
      needs: [ability],
      when: hasReceipts(kind),
      async run(context) {
        const probe = await context.connected();
        const { id } = await probe.transport.send(textMessage("read me"));
        await context.far(ability)(id);
        const receipt = await probe.next("receipt", (event) => event.kind === kind);
        equal(receipt.id, id, "the id");
        check(!receipt.from.isSelf, "the agent is not the customer");
        check(receipt.at.getTime() <= Date.now(), "the receipt lies in the future");
      },
    };
  }),
  ...(["received", "displayed"] as const).map((kind): ContractCase => ({
    name: `mark ${kind} reaches the far end with the id of the message`,
    needs: ["sentMarks"],
    when: hasReceipts(kind),
    async run(context) {
      const probe = await context.connected();
      const id = await context.harness.say("mark me");
      await probe.text("mark me");
      await probe.transport.mark?.(kind, id);
      await context.eventually("the mark at the far end", context.far("sentMarks"), (marks) =>
        marks.some((mark) => mark.kind === kind && mark.id === id),
      );
    },
  })),
  ...(["received", "displayed"] as const).map((kind): ContractCase => ({
    name: `mark ${kind} rejects with not-found for a message that was never delivered`,
    when: hasReceipts(kind),
    async run(context) {
      const { transport } = await context.connected();
      await rejects(Promise.resolve(transport.mark?.(kind, UNKNOWN_ID)), "not-found", "mark");
    },
  })),
  {
    name: "history comes in pages, newest page first, oldest message first, and is not emitted",
    needs: ["seedHistory"],
    when: ({ history }) => history,
    async run(context) {
      const texts = await context.far("seedHistory")(5);
      const probe = await context.connected();
      await context.fence(probe, "now");
      const heard = probe.all("message").length;
      const pages: string[][] = [];
      let before: Parameters<NonNullable<typeof probe.transport.history>>[0] = { limit: 2 };
      for (let page = 0; page < 10; page++) {
        const found = await probe.transport.history?.(before);
        check(found !== undefined, "history is missing");
        check(
          found.messages.every(({ replayed }) => replayed),
          "a message of history says that it is live",
        );
        pages.unshift(found.messages.map(({ body }) => (body.kind === "text" ? body.text : body.kind)));
        if (found.before === undefined) break;
        before = { limit: 2, before: found.before };
      }
      equal(pages.flat(), [...texts, "now"], "the texts of all pages");
      check(
        pages.every((page) => page.length <= 2),
        "a page is longer than its limit",
      );
      equal(probe.all("message").length, heard, "messages emitted while reading history");
    },
  },
  {
    name: "history with a limit of 0 rejects with invalid-argument",
    when: ({ history }) => history,
    async run(context) {
      const { transport } = await context.connected();
      await rejects(Promise.resolve(transport.history?.({ limit: 0 })), "invalid-argument", "history");
    },
  },
  {
    name: "what came after a message can be asked for, oldest first, in pages, and is not emitted",
    when: ({ catchUp }) => catchUp,
    async run(context) {
      const probe = await context.connected();
      await context.harness.say("known");
      const { id: after } = await probe.text("known");
      const { clientId, body } = textMessage("mine");
      const sent = await probe.transport.send({ clientId, body });
      for (const text of ["one", "two", "three"]) await context.fence(probe, text);
      const heard = probe.all("message").length;
      const messages = await missedSince(probe.transport, { after, since: new Date(0) });
      equal(messages.map(textOf), ["mine", "one", "two", "three"], "what was missed");
      equal(messages[0]?.clientId, clientId, "the client id of an own message");
      check(messages[0]?.from.isSelf === true, "an own message is not ours");
      check(
        messages.every(({ replayed }) => replayed),
        "a missed message says that it is live",
      );
      // Not every service shows an own message back: then it has the id that sending told.
      const live = new Set([sent.id, ...probe.all("message").map(({ id }) => id)]);
      check(
        messages.every(({ id }) => live.has(id)),
        "a missed message has another id than when it was live",
      );
      equal(probe.all("message").length, heard, "messages emitted while catching up");
    },
  },
  {
    name: "catching up after a message that the service does not know begins at the time",
    when: ({ catchUp }) => catchUp,
    async run(context) {
      const probe = await context.connected();
      await context.fence(probe, "one");
      const messages = await missedSince(probe.transport, { after: UNKNOWN_ID, since: new Date(0) });
      equal(messages.map(textOf), ["one"], "what was missed");
    },
  },
  {
    name: "catching up with nothing missed gives nothing, and a limit of 0 rejects with invalid-argument",
    when: ({ catchUp }) => catchUp,
    async run(context) {
      const probe = await context.connected();
      await context.harness.say("the last");
      const { id: after } = await probe.text("the last");
      equal(await missedSince(probe.transport, { after, since: new Date(0) }), [], "what was missed");
      const page = { after, since: new Date(0), limit: 0 };
      await rejects(Promise.resolve(probe.transport.catchUp?.(page)), "invalid-argument", "catchUp");
    },
  },
  {
    name: "what has changed since is asked for with what came since: a message as it is now, or the change alone",
    needs: ["edits", "retracts"],
    when: ({ catchUp, edit, retract }) => catchUp && edit && retract,
    async run(context) {
      const probe = await context.connected();
      const { harness } = context;
      const [first, second] = [await harness.say("teh"), await harness.say("wrong")];
      await probe.text("wrong");
      await context.far("edits")(first, "the");
      await context.far("retracts")(second);
      await probe.next("message-changed", ({ id }) => id === second);
      await context.fence(probe, "three");
      const since = new Date(0);
      const known = await probe.transport.catchUp?.({ after: second, since, limit: 9 });
      equal(known?.messages.map(textOf), ["three"], "what came since");
      equal(
        known?.changes?.map(({ id, change, replayed }) => [id, change.kind, replayed]),
        [
          [first, "edited", true],
          [second, "retracted", true],
        ],
        "what has changed of the messages before",
      );
      equal(known?.changes?.[0]?.change, { kind: "edited", body: { kind: "text", text: "the" } }, "the edit");
      const unknown = await probe.transport.catchUp?.({ since, limit: 9 });
      equal(unknown?.messages.map(textOf), ["the", "retracted", "three"], "the messages as they are now");
      equal(unknown?.changes ?? [], [], "changes that the messages show already");
    },
  },
  {
    name: "asking for an agent is told by a handoff event",
    when: ({ requestAgent }) => requestAgent,
    async run(context) {
      const probe = await context.connected();
      await probe.transport.requestAgent?.({ botSessionId: "bot-1", attributes: { intent: "refund" } });
      await probe.next("handoff");
    },
  },
  {
    name: "detach closes as handed-over, without an end, and another transport goes on where it stood",
    when: ({ resume }) => resume,
    async run(context) {
      const { transport, conversation, ...first } = await context.connected();
      check(
        first.heard.some(({ type }) => type === "resume-token") || transport.resumeToken?.() !== undefined,
        "no token",
      );
      await context.fence(context.probes[0] ?? context.make(), "before");
      const resumeToken = transport.detach?.();
      check(resumeToken !== undefined, "detach gave no token");
      const { state } = transport;
      equal(state.status === "closed" ? state.reason : state.status, "handed-over", "the reason");
      equal(transport.resumeToken?.(), undefined, "the token of a closed transport");
      await context.harness.say("meanwhile");
      const later = context.make();
      const continued = await later.transport.open({ ...context.harness.request, resumeToken });
      equal(continued.id, conversation.id, "the conversation");
      await later.text("meanwhile");
      await context.fence(later, "after");
      await later.transport.send(textMessage("still me"));
      await context.received("still me");
      equal(context.probes[0]?.all("ended").length, 0, "how often the first transport told of an end");
    },
  },
  {
    name: "a resume token that cannot be read opens as if there were none",
    when: ({ resume }) => resume,
    async run(context) {
      const probe = context.make();
      await probe.transport.open({ ...context.harness.request, resumeToken: "no such token" });
      await context.fence(probe);
    },
  },
  {
    name: "there is no resume token, because resume is not declared",
    when: ({ resume }) => !resume,
    async run(context) {
      const { transport } = await context.connected();
      check(transport.resumeToken === undefined, "resumeToken exists");
      check(transport.detach === undefined, "detach exists");
    },
  },
];

/** All pages of what was missed, two messages each. */
async function missedSince(transport: ChatTransport, start: CatchUpStart): Promise<ChatMessage[]> {
  const messages: ChatMessage[] = [];
  let cursor: HistoryCursor | undefined;
  for (let pages = 0; pages < 20; pages++) {
    const page = await transport.catchUp?.({ ...start, ...(cursor === undefined ? {} : { cursor }), limit: 2 });
    check(page !== undefined, "catchUp is missing");
    check(page.messages.length <= 2, "a page is longer than its limit");
    messages.push(...page.messages);
    cursor = page.next;
    if (cursor === undefined) return messages;
  }
  throw new ContractFailure("the pages do not end");
}

function textOf({ body }: ChatMessage): string {
  return body.kind === "text" ? body.text : body.kind;
}

function hasReceipts(kind: "received" | "displayed"): (supports: Capabilities) => boolean {
  return (supports) => (kind === "received" ? supports.receivedReceipts : supports.displayedMarkers);
}
