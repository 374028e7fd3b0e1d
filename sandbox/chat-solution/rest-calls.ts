import type { HttpBindings } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { readExternal, submitExternal } from "./external-messages.ts";
import { readPastMessages, type PastMessagesRequest } from "./past-messages.ts";
import { isFields, textField, type Fields } from "./read.ts";
import { initWithSlips } from "./slips.ts";
import type { SolutionCentre } from "./solution-centre.ts";
import { writeTranscript } from "./transcript.ts";

/** What a route gets. */
export interface SolutionEnv {
  Bindings: HttpBindings;
}

/** What can tell one customer from another. */
const IDENTIFIERS = ["name", "firstName", "email", "phone", "refId"] as const;

/** Serves the REST calls of the customer, third-party and bot APIs. Status codes are the documented ones. */
export function createSolutionRest(centre: SolutionCentre): Hono<SolutionEnv> {
  const app = new Hono<SolutionEnv>();
  app.use("/api/*", cors({ origin: "*", exposeHeaders: ["requestId"], maxAge: 600 }));
  app.use("/api/*", async (context, next) => {
    const faults = [...centre.faults.rest].find(([path]) => context.req.path.startsWith(path))?.[1];
    const fault = context.req.method === "OPTIONS" ? undefined : faults?.shift();
    if (fault === "hang") return new Promise<Response>(() => undefined);
    if (fault?.delayMs !== undefined) await delay(fault.delayMs);
    if (fault?.status === undefined) return next();
    const { status, body = "", contentType = "text/plain" } = fault;
    return new Response(body, { status, headers: { "Content-Type": contentType } });
  });
  app.post("/api/customer/init", (context) => init(centre, context));
  app.get("/api/customer/transcript/:id/:type", (context) => transcript(centre, context));
  app.post("/api/external/message", (context) => external(centre, context));
  app.get("/api/conversation/past-messages", (context) => pastMessages(centre, context));
  return app;
}

async function init(centre: SolutionCentre, context: Context<SolutionEnv>): Promise<Response> {
  const body = parseJson(await context.req.text());
  if (!isFields(body)) return unreadable(centre, context, "The body is a JSON object.");
  if (textField(body, "channel") === undefined) return unreadable(centre, context, "channel is missing.");
  if (IDENTIFIERS.every((name) => textField(body, name) === undefined))
    return unreadable(centre, context, `One of ${IDENTIFIERS.join(", ")} is needed.`);
  const conversation = centre.begin(body);
  const answer = {
    conversationId: conversation.id,
    participant: conversation.customer,
    requestId: textField(body, "requestId") ?? randomUUID(),
    timestamp: new Date().toISOString(),
  };
  return context.json(centre.switches.slips ? initWithSlips(answer) : answer);
}

async function transcript(centre: SolutionCentre, context: Context<SolutionEnv>): Promise<Response> {
  const conversation = centre.conversation(context.req.param("id") ?? "");
  if (!conversation || conversation.open) return context.json({ message: "There is no transcript." }, 404);
  const type = context.req.param("type");
  if (type === "pdf") {
    const bytes = await writeTranscript(conversation);
    return context.body(bytes.slice().buffer, 200, { "Content-Type": "application/pdf" });
  }
  const to = textField(conversation.info, "email");
  if (type !== "email" || to === undefined) return context.json({ message: "There is no transcript." }, 404);
  centre.mails.push({ conversationId: conversation.id, to });
  return context.body(null, 200);
}

async function external(centre: SolutionCentre, context: Context<SolutionEnv>): Promise<Response> {
  context.header("requestId", randomUUID());
  const message = readExternal(parseJson(await context.req.text()));
  if (typeof message === "string") return unreadable(centre, context, message);
  const outcome = await submitExternal(centre, message);
  if (outcome === "taken") return context.body(null, 200);
  const reason = outcome === "no-connector" ? "has no connector" : "did not acknowledge in time";
  return context.json({ message: `The channel ${message.channel} ${reason}.` }, 503);
}

async function pastMessages(centre: SolutionCentre, context: Context<SolutionEnv>): Promise<Response> {
  const how = centre.switches.pastMessages;
  if (how === "off") return context.json({ message: "Not found" }, 404);
  const asked = how === "query" ? context.req.query() : parseJson(await bodyOf(context));
  const request = readRequest(asked);
  if (typeof request === "string") return unreadable(centre, context, request);
  const answer = readPastMessages(centre, request);
  return answer ? context.json(answer) : context.json({ message: "There is no such conversation." }, 404);
}

function readRequest(asked: unknown): PastMessagesRequest | string {
  if (!isFields(asked)) return "conversationId, count and time are needed.";
  const conversationId = textField(asked, "conversationId");
  const count = Number(textField(asked, "count"));
  const before = Date.parse(textField(asked, "time") ?? "");
  if (conversationId === undefined) return "conversationId is missing.";
  if (!Number.isInteger(count) || count < 1) return "count is a whole number above 0.";
  if (Number.isNaN(before)) return "time is an ISO 8601 time.";
  return { conversationId, count, before };
}

/** The body of a GET, which a `Request` cannot have. */
async function bodyOf(context: Context<SolutionEnv>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of context.env.incoming) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function unreadable({ switches }: SolutionCentre, context: Context<SolutionEnv>, message: string): Response {
  return context.json({ message } satisfies Fields, switches.badRequestStatus);
}

function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}
