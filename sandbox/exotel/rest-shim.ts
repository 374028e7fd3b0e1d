import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import type { HttpBindings } from "@hono/node-server";
import * as v from "valibot";
import { ChatError } from "../../src/transport/errors.ts";
import type { ProsodyServer } from "../prosody/start-prosody.ts";
import { feedbackConfiguration, cmsError, type CmsAnswer } from "./cms-answers.ts";
import { faultMiddleware } from "./fault-middleware.ts";
import { historyAnswer } from "./history-answers.ts";
import { describeIssue, feedbackSchema, laxProvisionSchema, openfireError, provisionSchema } from "./rest-bodies.ts";
import type { SandboxChat, ShimState } from "./shim-state.ts";

/** What the shim needs around it. */
export interface ShimParts {
  state: ShimState;
  prosody: ProsodyServer;
  /** Makes user and room for a provisioning call; called once per `requestId`. */
  provision: (requestId: string, name: string, request: unknown) => Promise<SandboxChat>;
  /** Where the survey of the URL variants is. */
  surveyUrl(): string;
}

const REST = "/plugins/restapi/v1/xtrm";
const CMS =
  "/cc-list/:contactCenterId/process-list/:processId/campaigns/:campaignId/chat-feedback-schemes-configurations/:channel";

/** The Exotel REST and CMS calls over a Prosody. Mount it at the root: paths are the vendor's. */
export function createRestShim(parts: ShimParts): Hono<{ Bindings: HttpBindings }> {
  const { state } = parts;
  const app = new Hono<{ Bindings: HttpBindings }>();
  const pending = new Map<string, Promise<SandboxChat>>();
  const vendorPaths = ["/plugins/*", "/configuration/*"];
  for (const path of vendorPaths) {
    // The page is of another origin, so each call is preceded by a preflight that carries no token.
    app.use(
      path,
      cors({
        origin: (origin) => origin,
        allowMethods: ["GET", "POST", "OPTIONS"],
        allowHeaders: ["authorization", "content-type", "contactcenterid", "accountid", "accept"],
        maxAge: 600,
      }),
    );
    app.use(path, async (context, next) => {
      await record(state, context);
      await next();
    });
    app.use(path, faultMiddleware(state));
    app.use(path, async (context, next) => {
      if (context.req.header("authorization") !== state.token) return context.body(null, 401);
      return next();
    });
  }

  app.post(`${REST}/users/connection`, async (context) => {
    const body = await jsonOf(context);
    const parsed = v.safeParse(state.settings.strictJson ? provisionSchema : laxProvisionSchema, body);
    if (!parsed.success) return badRequest(context, "xtrm/users/connection", parsed.issues[0]);
    const { requestId, userEntity } = parsed.output;
    // The same requestId gets the same answer, also when its first call is still under way.
    const chat = pending.get(requestId) ?? parts.provision(requestId, userEntity.name, body);
    pending.set(requestId, chat);
    return context.json((await chat).answer);
  });

  app.get(`${REST}/chatrooms/:room/messages`, async (context) => {
    const room = context.req.param("room");
    const chat = state.chats.find(({ roomJid, roomName }) => room === roomJid || room === roomName);
    if (!chat) return context.json(openfireError(room, "Could not find the room", "RoomNotFoundException"), 404);
    const records = await parts.prosody.control.recordsOf(chat.roomJid);
    return context.json(historyAnswer(records, chat.roomJid, state.settings.historyShape));
  });

  app.post(`${REST}/:path{chat[-_]feedback}`, async (context) => {
    const path = context.req.param("path");
    if (path !== state.settings.feedbackPath) return context.notFound();
    const parsed = v.safeParse(feedbackSchema, await jsonOf(context));
    if (!parsed.success) return badRequest(context, path, parsed.issues[0]);
    const { chat_id, interaction_id, campaign_id: campaignId, feedback } = parsed.output;
    const chatId = String(chat_id);
    const attempt = state.feedback.filter((earlier) => earlier.chatId === chatId).length + 1;
    state.feedback.push({
      chatId,
      interactionId: String(interaction_id),
      campaignId,
      feedback,
      attempt,
      at: new Date(),
    });
    return context.json({});
  });

  for (const version of ["", "/v1"]) {
    app.get(`/configuration${version}${CMS}`, (context) => {
      const channel = context.req.param("channel");
      const { settings } = state;
      const known = channel.endsWith(`${settings.channelSeparator}webchat`);
      return answer(
        context,
        known
          ? feedbackConfiguration(settings.feedback, channel, parts.surveyUrl())
          : cmsError(404, "NOT_FOUND", `No channel ${channel}.`),
      );
    });
  }

  app.onError((error, context) => {
    const message = error instanceof Error ? error.message : String(error);
    return context.json(openfireError("xtrm", message, ChatError.isInstance(error) ? error.code : "ServerError"), 500);
  });
  return app;
}

type ShimContext = Context<{ Bindings: HttpBindings }>;

async function jsonOf(context: ShimContext): Promise<unknown> {
  return context.req.json().catch(() => undefined);
}

function badRequest(context: ShimContext, resource: string, issue: v.BaseIssue<unknown>): Response {
  return context.json(openfireError(resource, describeIssue(issue), "IllegalArgumentException"), 400);
}

function answer(context: ShimContext, { status, body }: CmsAnswer): Response {
  return typeof body === "string" ? context.html(body, status) : context.json(body, status);
}

async function record(state: ShimState, context: ShimContext): Promise<void> {
  const { authorization: _token, ...headers } = context.req.header();
  const text = context.req.method === "POST" ? await context.req.text() : "";
  let body: unknown = text === "" ? undefined : text;
  try {
    body = text === "" ? undefined : JSON.parse(text);
  } catch {
    // Kept as text: what is not JSON is refused later.
  }
  state.requests.push({ method: context.req.method, path: context.req.path, headers, body });
}
