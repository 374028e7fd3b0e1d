import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import type { Conversation } from "./conversation.ts";
import { fieldsOf, isFields, listOf, textField, type Fields } from "./read.ts";
import type { SolutionEnv } from "./rest-calls.ts";
import type { SolutionCentre } from "./solution-centre.ts";
import type { SolutionRestFault } from "./solution-switches.ts";
import { toWireCustomer } from "./wire-objects.ts";

/** What can be done to the network. */
export interface SolutionNetwork {
  /** Cuts every connection without a word. Whoever connects again is served. */
  dropLinks(): void;
  /** Puts every client out, as `socket.disconnect(true)` does. */
  putOut(): void;
}

type Action = (centre: SolutionCentre, chat: Conversation | undefined, input: Fields) => unknown;

/** Each by its name: `POST /control/<name>`, `?chat=<conversationId>` for one in particular, input as JSON. */
const ACTIONS: Readonly<Record<string, { does: string; run: Action }>> = {
  say: {
    does: "an agent ({by}, default asha) says {text}, or a {message} with fields of its own; {tag: 'whisper'} whispers",
    run: (centre, chat, input) => {
      const by = textField(input, "by") ?? "asha";
      const message = isFields(input["message"]) ? input["message"] : { text: String(input["text"]) };
      const isWhisper = input["tag"] === "whisper";
      return { requestId: centre.say(message, { by, ...(isWhisper && { tag: "whisper" }) }, chat) };
    },
  },
  burst: {
    does: "the agent says {count} numbered texts, as fast as the socket takes them",
    run: (centre, chat, { count }) => {
      for (let number = 1; number <= Number(count); number++) centre.say(`number ${number}`, {}, chat);
    },
  },
  joins: { does: "an agent ({by}) takes the chat", run: (centre, chat, { by }) => centre.agentJoins(chat, named(by)) },
  leaves: {
    does: "an agent ({by}) leaves the chat",
    run: (centre, chat, { by }) => centre.agentLeaves(chat, named(by)),
  },
  types: { does: "an agent ({by}) types", run: (centre, chat, { by }) => centre.agentTypes(chat, named(by)) },
  transfer: { does: "an agent is asked for", run: (centre, chat) => centre.requestAgent(chat) },
  ends: {
    does: "an agent ({by}) ends the chat",
    run: (centre, chat, { by }) => centre.end(chat, chat?.members.get(named(by))),
  },
  inject: {
    does: "writes {event} with {payload} to a {member}'s connections, whatever it is",
    run: (centre, chat, { member, event, payload }) => ({
      written: centre.inject(String(member), String(event), payload, chat),
    }),
  },
  switches: {
    does: "changes how the service behaves: any of the switches",
    run: (centre, _chat, input) => Object.assign(centre.switches, pick(input, Object.keys(centre.switches))),
  },
  faults: {
    does: "queues faults: {handshakes, cutAfter, cutBefore, swallow, hold, rest: {<path>: [...]}}",
    run: (centre, _chat, input) => queueFaults(centre, input),
  },
  release: { does: "sends what was held back", run: (centre) => centre.release() },
};

/** What can be read, by its name. */
const LISTS: Readonly<Record<string, (centre: SolutionCentre) => unknown>> = {
  chats: ({ conversations }) => [...conversations.values()].map(toSummary),
  ledger: ({ ledger }) => ledger,
  received: ({ received }) => received,
  refused: ({ refused }) => refused,
  external: ({ external }) => [...external.values()],
  mails: ({ mails }) => mails,
  "wrap-ups": ({ wrapUps }) => wrapUps,
  agents: ({ agents }) =>
    [...agents.values()].map(({ account: { id, name, type }, states }) => ({
      id,
      name,
      type,
      states: Object.fromEntries(states),
    })),
};

/** Control endpoints for people and other processes, under `/control`. GET lists them. */
export function createSolutionControl(centre: SolutionCentre, network: SolutionNetwork): Hono<SolutionEnv> {
  const app = new Hono<SolutionEnv>();
  app.use("/control/*", cors({ origin: "*" }));
  app.get("/control", (context) => context.json(describeActions()));
  app.get("/control/chats/:id", (context) => {
    const chat = centre.conversation(context.req.param("id"));
    return chat
      ? context.json({ ...toSummary(chat), customer: toWireCustomer(centre, chat), entries: chat.entries })
      : context.json({}, 404);
  });
  app.get("/control/:list", (context) => {
    const list = own(LISTS, context.req.param("list"));
    return list ? context.json(list(centre)) : context.json({ message: "GET /control lists what there is." }, 404);
  });
  app.post("/control/drop-links", (context) => done(context, () => network.dropLinks()));
  app.post("/control/put-out", (context) => done(context, () => network.putOut()));
  app.post("/control/:action", async (context) => {
    const action = own(ACTIONS, context.req.param("action"));
    if (!action) return context.json({ message: "GET /control lists what there is." }, 404);
    const chat = centre.conversation(context.req.query("chat"));
    if (context.req.query("chat") !== undefined && !chat) return context.json({ message: "No such chat." }, 404);
    const text = await context.req.text();
    const input: unknown = text === "" ? {} : JSON.parse(text);
    return done(context, () => action.run(centre, chat, fieldsOf(input)));
  });
  app.onError((error, context) => context.json({ message: error.message }, 400));
  return app;
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function done(context: Context<SolutionEnv>, run: () => unknown): Response {
  return context.json(run() ?? { done: true });
}

function describeActions(): Record<string, string> {
  const lists = Object.keys(LISTS).map((name): [string, string] => [`GET /control/${name}`, "what the name says"]);
  const actions = Object.entries(ACTIONS).map(([name, { does }]): [string, string] => [`POST /control/${name}`, does]);
  return {
    ...Object.fromEntries(lists),
    "GET /control/chats/<conversationId>": "one, with everything that happened in it",
    "POST /control/drop-links": "cuts every connection without a word",
    "POST /control/put-out": "disconnects every client",
    ...Object.fromEntries(actions),
  };
}

function toSummary(conversation: Conversation): Fields {
  const { id, customer, info, channel, queue, open, waiting, members, ringing } = conversation;
  return {
    conversationId: id,
    customer,
    info,
    channel,
    queue,
    open,
    waiting,
    members: [...members.values()],
    ringing: [...ringing],
  };
}

/** Each list of the body takes the place of the one before. */
function queueFaults(centre: SolutionCentre, input: Fields): void {
  const { faults } = centre;
  Object.assign(faults, pick(input, ["handshakes", "cutAfter", "cutBefore", "swallow", "hold"]));
  for (const [path, list] of Object.entries(fieldsOf(input["rest"])))
    faults.rest.set(path, listOf(list).map(toRestFault));
}

function toRestFault(value: unknown): SolutionRestFault | "hang" {
  if (value === "hang") return value;
  const { status, body, contentType, delayMs } = fieldsOf(value);
  return {
    ...(typeof status === "number" && { status }),
    ...(typeof body === "string" && { body }),
    ...(typeof contentType === "string" && { contentType }),
    ...(typeof delayMs === "number" && { delayMs }),
  };
}

function named(by: unknown): string {
  return typeof by === "string" ? by : "asha";
}

function pick(input: Fields, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([key]) => keys.includes(key)));
}
