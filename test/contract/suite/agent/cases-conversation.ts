import type { Participant } from "../../../../src/transport/index.ts";
import { called, check, equal, rejects } from "../assertions.ts";
import type { AgentCase, ConversationProbe } from "./agent-case.ts";

const text = (words: string): { clientId: string; body: { kind: "text"; text: string } } => ({
  clientId: `agent-${words}`,
  body: { kind: "text", text: words },
});

/** What agents do in a conversation, and what the customer sees of it. */
export const CONVERSATION_CASES: readonly AgentCase[] = [
  {
    name: "two conversations at once are apart, and each has its own customer",
    async run(context) {
      const one = await context.talking(undefined, "Ravi");
      const two = await context.talking(one.agent, "Jane");
      await one.customer.say("from Ravi");
      await two.customer.say("from Jane");
      await one.chat.text("from Ravi");
      await two.chat.text("from Jane");
      await one.chat.transport.send(text("to Ravi"));
      await two.chat.transport.send(text("to Jane"));
      await context.heard(one.customer, "to Ravi");
      await context.heard(two.customer, "to Jane");
      equal(one.chat.textsFromOthers(), ["from Ravi"], "what came in the first");
      equal(await two.customer.heard(), ["to Jane"], "what the second customer heard");
    },
  },
  {
    name: "close without a reason leaves it as left, and the customer is still there",
    async run(context) {
      const { customer, chat, agent } = await context.talking();
      await chat.transport.close();
      const { state } = chat.transport;
      check(state.status === "closed" && state.reason === "left", `the state is ${JSON.stringify(state)}`);
      equal(agent.transport.state.status, "online", "the agent");
      check(!(await customer.isOver()), "the chat is over for the customer");
    },
  },
  {
    name: "close as agent-ended ends it for the customer",
    async run(context) {
      const { customer, chat, agent } = await context.talking();
      await chat.transport.close("agent-ended");
      await context.eventually("the end at the customer", () => customer.isOver(), Boolean);
      equal(agent.transport.state.status, "online", "the agent");
    },
  },
  {
    name: "the conversations are closed as left before the agent is",
    async run(context) {
      const { agent, chat } = await context.talking();
      let before = "";
      agent.transport.on("state", () => {
        before = JSON.stringify(chat.transport.state);
      });
      await agent.transport.close();
      check(before.includes('"left"'), `the conversation was ${before} when the agent closed`);
    },
  },
  {
    name: "the same agent enters again from another page",
    async run(context) {
      const { customer, request } = await context.talking();
      const reloaded = await context.online();
      const chat = context.conversation(
        reloaded,
        { conversationId: request.conversationId, participants: [] },
        "enter",
      );
      await chat.open();
      await chat.transport.send(text("back again"));
      await context.heard(customer, "back again");
    },
  },
  {
    name: "a colleague who was asked in comes in, is told of, and speaks to the customer",
    when: ({ addParticipant }) => addParticipant,
    async run(context) {
      const talk = await context.talking();
      const theirs = await context.joined(talk, "colleague");
      await talk.chat.next("participant", ({ change, participant }) => change === "joined" && !participant.isSelf);
      await theirs.transport.send(text("I am new here"));
      await talk.chat.text("I am new here");
      await context.heard(talk.customer, "I am new here");
    },
  },
  {
    name: "asking in rejects for who is nobody, and for who is there",
    when: ({ addParticipant }) => addParticipant,
    async run(context) {
      const talk = await context.talking();
      await rejects(
        called(talk.chat.transport.addParticipant?.(context.harness.stranger)),
        "not-found",
        "asking a stranger",
      );
      await context.joined(talk, "colleague");
      const again = talk.chat.transport.addParticipant?.({ id: context.harness.ids.colleague });
      await rejects(called(again), "conflict", "asking who is there");
    },
  },
  {
    name: "a participant is put out by the owner only, and the customer by nobody",
    when: ({ removeParticipant, addParticipant }) => removeParticipant && addParticipant,
    async run(context) {
      const talk = await context.talking();
      const mine = talk.chat.transport;
      const nobody = mine.removeParticipant?.(context.harness.stranger.id);
      await rejects(called(nobody), "not-found", "removing who is not there");
      const customer = await context.eventually(
        "the customer among the participants",
        () => participantsOf(talk.chat).find(({ role }) => role === "customer"),
        (found) => found !== undefined,
      );
      await rejects(called(mine.removeParticipant?.(customer?.id ?? "")), "refused", "removing the customer");
      const theirs = await context.joined(talk, "colleague");
      await mine.removeParticipant?.(context.harness.ids.colleague);
      await theirs.status("closed");
      const { state } = theirs.transport;
      check(state.status === "closed" && state.reason === "refused", `the state is ${JSON.stringify(state)}`);
      await context.fence(talk);
    },
  },
  {
    name: "who does not have the conversation puts nobody out and hands nothing over",
    when: ({ removeParticipant, transfer, addParticipant }) => removeParticipant && transfer && addParticipant,
    async run(context) {
      const talk = await context.talking();
      const theirs = (await context.joined(talk, "colleague")).transport;
      const { ids } = context.harness;
      await rejects(called(theirs.removeParticipant?.(ids.agent)), "refused", "removing the owner");
      await rejects(called(theirs.transfer?.({ id: ids.agent })), "refused", "handing over");
    },
  },
  {
    name: "handed over to who is in it, it is theirs",
    when: ({ transfer, addParticipant }) => transfer && addParticipant,
    async run(context) {
      const talk = await context.talking();
      const { ids, stranger } = context.harness;
      await rejects(called(talk.chat.transport.transfer?.(stranger)), "not-found", "handing over to a stranger");
      const theirs = await context.joined(talk, "colleague");
      await talk.chat.transport.transfer?.({ id: ids.colleague });
      await context.eventually(
        "the new owner",
        () => theirs.transport.part,
        (part) => part === "owner",
      );
      await talk.chat.transport.close();
      await theirs.transport.send(text("I take over"));
      await context.heard(talk.customer, "I take over");
      check(!(await talk.customer.isOver()), "the chat is over for the customer");
    },
  },
  {
    name: "a raised hand is a request for help at the supervisor, who then has the history",
    when: ({ raiseHand }) => raiseHand,
    async run(context) {
      const talk = await context.talking();
      const supervisor = await context.online("supervisor");
      const { ids, stranger } = context.harness;
      await rejects(called(talk.chat.transport.raiseHand?.(stranger)), ["not-found", "refused"], "asking a stranger");
      await context.fence(talk, "said before");
      const before = supervisor.all("request").length;
      await talk.chat.transport.raiseHand?.({ id: ids.supervisor });
      const request = await context.eventually(
        "the request for help",
        () =>
          supervisor
            .all("request")
            .slice(before)
            .find(({ kind }) => kind === "help"),
        (found) => found !== undefined,
      );
      check(request !== undefined, "nobody was asked for help");
      const chat = context.conversation(supervisor, request, "accept");
      await chat.open();
      await chat.text("said before");
    },
  },
  {
    name: "a whisper reaches colleagues as one, and of it nothing reaches the customer",
    when: ({ whisper, addParticipant }) => whisper && addParticipant,
    async run(context) {
      const talk = await context.talking();
      const theirs = await context.joined(talk, "colleague");
      await talk.chat.transport.whisper?.(text("he-is-a-VIP"));
      const got = await theirs.text("he-is-a-VIP");
      equal(got.whisper, true, "whisper at the colleague");
      equal((await talk.chat.text("he-is-a-VIP")).whisper, true, "whisper at the whisperer");
      await talk.chat.transport.send(text("aloud"));
      await context.heard(talk.customer, "aloud");
      equal((await theirs.text("aloud")).whisper, undefined, "whisper of what was said aloud");
      check(!(await talk.customer.raw()).includes("he-is-a-VIP"), "the whisper came to the customer");
      await talk.chat.transport.close("agent-ended");
      await context.eventually("the end at the customer", () => talk.customer.isOver(), Boolean);
      check(!(await talk.customer.raw()).includes("he-is-a-VIP"), "the whisper came to the customer at the end");
    },
  },
  {
    name: "a whisper to one colleague rejects with not-found for who is not there",
    when: ({ whisper }) => whisper,
    async run(context) {
      const talk = await context.talking();
      const whispered = talk.chat.transport.whisper?.(text("psst"), { to: context.harness.stranger });
      await rejects(called(whispered), "not-found", "whispering to a stranger");
    },
  },
  {
    name: "an empty whisper rejects with invalid-argument",
    when: ({ whisper }) => whisper,
    async run(context) {
      const { chat } = await context.talking();
      await rejects(called(chat.transport.whisper?.(text(""))), "invalid-argument", "whisper");
    },
  },
  {
    name: "what was noted reaches the service, also after the end",
    when: ({ wrapUp }) => wrapUp,
    needs: ["wrapUps"],
    async run(context) {
      const { agent, chat, request } = await context.talking();
      const { conversationId } = request;
      await chat.transport.close("agent-ended");
      await agent.transport.wrapUp?.(conversationId, { reason: "sold", note: "a kettle" });
      await context.eventually(
        "the note at the far end",
        () => context.far("wrapUps")(),
        (notes) => notes.some((each) => each.conversationId === conversationId && each.wrapUp.reason === "sold"),
      );
    },
  },
  {
    name: "a bot's suggestion comes to the agent, and nothing of it to the customer",
    when: ({ suggestions }) => suggestions,
    needs: ["suggest"],
    async run(context) {
      const talk = await context.talking();
      await context.far("suggest")(talk.request.conversationId, ["try-a-reset"]);
      const event = await talk.agent.next("suggestion");
      equal([event.conversationId, event.texts], [talk.request.conversationId, ["try-a-reset"]], "the suggestion");
      await talk.chat.transport.send(text("a moment"));
      await context.heard(talk.customer, "a moment");
      check(!(await talk.customer.raw()).includes("try-a-reset"), "the suggestion came to the customer");
    },
  },
];

function participantsOf({ transport: { state } }: ConversationProbe): readonly Participant[] {
  return state.status === "connected" ? state.conversation.participants : [];
}
