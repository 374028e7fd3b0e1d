import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { CX_AGENT } from "./cim.ts";
import type { CxCentre, CxChat } from "./cx-centre.ts";
import { sampleSurvey } from "./samples.ts";

/** What can be done to the network. */
export interface CxNetwork {
  dropLinks(): void;
  putOut(): void;
}

type Action = (centre: CxCentre, chat: CxChat | undefined, input: Readonly<Record<string, unknown>>) => unknown;

/** Each by its name: `POST /control/<name>`, `?chat=<conversationId>` for one chat in particular, input as JSON. */
const ACTIONS: Readonly<Record<string, { does: string; run: Action }>> = {
  say: {
    does: "the agent says {text}, or a whole {body}",
    run: (centre, chat, { text, body }) => {
      const whole = typeof body === "object" && body !== null ? { ...body } : undefined;
      return { id: centre.say(whole ?? String(text), {}, chat) };
    },
  },
  burst: {
    does: "the agent says {count} numbered texts, as fast as the socket takes them",
    run: (centre, chat, { count }) => {
      for (let number = 1; number <= Number(count); number++) centre.say(`number ${number}`, {}, chat);
    },
  },
  joins: { does: "the agent takes the chat", run: (centre, chat) => centre.agentJoins(chat) },
  leaves: { does: "the agent leaves the chat", run: (centre, chat) => centre.agentLeaves(chat) },
  types: { does: "the agent types", run: (centre, chat) => centre.notify("TYPING_STARTED", {}, CX_AGENT, chat) },
  reads: {
    does: "the agent has read {messageId}",
    run: (centre, chat, { messageId }) =>
      centre.say(
        { type: "DELIVERYNOTIFICATION", markdownText: "", messageId, status: "READ", reasonCode: "200" },
        {},
        chat,
      ),
  },
  survey: { does: "a survey is asked for in the chat", run: (centre, chat) => centre.say(sampleSurvey(), {}, chat) },
  ends: {
    does: "the agent ends the chat; {expired: true} for inactivity",
    run: (centre, chat, { expired }) =>
      centre.end(expired === true ? "CHANNEL_SESSION_EXPIRED" : "CHANNEL_SESSION_ENDED", {}, chat),
  },
  switches: {
    does: "changes how the service behaves: any of the switches",
    run: (centre, _chat, input) => Object.assign(centre.switches, pick(input, Object.keys(centre.switches))),
  },
  faults: {
    does: "queues faults: {acks: [...], requests: [...], resumes: [...], handshakes: [...], cutBeforeAck: n}",
    run: (centre, _chat, input) => {
      Object.assign(centre.faults, pick(input, ["acks", "requests", "resumes", "handshakes", "cutBeforeAck"]));
    },
  },
};

/** Control endpoints for people and other processes, under `/control`. GET lists them. */
export function createCxControl(centre: CxCentre, network: CxNetwork): Hono {
  const app = new Hono();
  app.use("/control/*", cors({ origin: "*" }));
  app.get("/control", (context) => context.json(describeActions()));
  app.get("/control/chats", (context) => context.json(centre.chats.map(toSummary)));
  app.get("/control/chats/:id", (context) => {
    const chat = centre.chats.find(({ conversationId }) => conversationId === context.req.param("id"));
    return chat ? context.json({ ...toSummary(chat), messages: chat.messages }) : context.json({}, 404);
  });
  app.post("/control/drop-links", (context) => done(context, () => network.dropLinks()));
  app.post("/control/put-out", (context) => done(context, () => network.putOut()));
  app.post("/control/:action", async (context) => {
    const action = ACTIONS[context.req.param("action")];
    if (!action) return context.json({ message: "GET /control lists what there is." }, 404);
    const wanted = context.req.query("chat");
    const chat = centre.chats.find(({ conversationId }) => conversationId === wanted) ?? centre.chat();
    if (wanted !== undefined && chat?.conversationId !== wanted) return context.json({ message: "No such chat." }, 404);
    const text = await context.req.text();
    const input: unknown = text === "" ? {} : JSON.parse(text);
    return done(context, () =>
      action.run(centre, chat, typeof input === "object" && input !== null ? { ...input } : {}),
    );
  });
  app.onError((error, context) => context.json({ message: error.message }, 400));
  return app;
}

function done(context: Context, run: () => unknown): Response {
  return context.json(run() ?? { done: true });
}

function describeActions(): Record<string, string> {
  const actions: Record<string, string> = Object.fromEntries(
    Object.entries(ACTIONS).map(([name, { does }]) => [`POST /control/${name}`, does]),
  );
  return {
    "GET /control/chats": "the chats",
    "GET /control/chats/<conversationId>": "one, with its messages",
    "POST /control/drop-links": "cuts every connection without a word",
    "POST /control/put-out": "disconnects every customer",
    ...actions,
  };
}

function toSummary({ conversationId, channelCustomerIdentifier, open, request }: CxChat): Record<string, unknown> {
  return { conversationId, channelCustomerIdentifier, open, request };
}

function pick(input: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([key]) => keys.includes(key)));
}
