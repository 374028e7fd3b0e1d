import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import type { CxCentre } from "./cx-centre.ts";
import { sampleCalendar, samplePreChatForm, sampleValidations, sampleWidgetConfig } from "./samples.ts";

/** The microservices of the platform, each under its own path, as the vendor deploys them. */
export const SERVICE_PATHS = {
  socketUrl: "/web-channel-manager",
  ccmUrl: "/ccm",
  fileServerUrl: "/file-engine",
  formUrl: "/unified-admin",
  conversationUrl: "/conversation-manager/customer-topics",
  activityUrl: "/conversation-manager/activities",
  authenticatorUrl: "/secure-link",
  calendarUrl: "/business-calendar",
  callbackUrl: "/campaigns/callback",
  webhookUrl: "/webhook",
} as const;

const { ccmUrl, fileServerUrl, formUrl, conversationUrl, activityUrl } = SERVICE_PATHS;

/** Serves the REST calls of section "REST" of the vendor's SDK over one centre. @param token the one that was given out. */
export function createRestServices(centre: CxCentre, token: () => string | undefined): Hono {
  const app = new Hono();
  app.use("*", cors({ origin: "*", allowHeaders: ["authorization", "content-type"], maxAge: 600 }));
  app.use("*", async (context, next) => {
    const faults = [...centre.faults.rest].find(([path]) => context.req.path.startsWith(path))?.[1];
    const fault = context.req.method === "OPTIONS" ? undefined : faults?.shift();
    if (fault === "hang") return new Promise<Response>(() => undefined);
    if (fault)
      return new Response(fault.body, { status: fault.status, headers: { "Content-Type": fault.contentType } });
    const wanted = token();
    const isOpen = context.req.path.startsWith(SERVICE_PATHS.webhookUrl) || wanted === undefined;
    if (!isOpen && context.req.header("authorization") !== `Bearer ${wanted}`) return context.text("", 401);
    return next();
  });
  addCcm(app, centre);
  addFiles(app, centre);
  addForms(app);
  addConversationData(app, centre);
  addOthers(app, centre);
  return app;
}

function addCcm(app: Hono, centre: CxCentre): void {
  app.get(`${ccmUrl}/widget-configs/:id`, (context) => {
    const id = context.req.param("id");
    return id === "Web" ? context.json(sampleWidgetConfig(id)) : context.json({ message: "No such widget" }, 404);
  });
  app.get(`${ccmUrl}/channels/service-identifier/:id`, (context) =>
    context.json({ id: "channel-1", serviceIdentifier: context.req.param("id"), calendarId: "calendar-1" }),
  );
  app.get(`${ccmUrl}/message`, (context) => {
    const chat = centre.chats.find(({ conversationId }) => conversationId === context.req.query("conversationId"));
    return chat ? context.json(chat.messages) : context.json([], 404);
  });
}

function addFiles(app: Hono, centre: CxCentre): void {
  app.post(`${fileServerUrl}/api/uploadFileStream`, async (context) => {
    const { file, conversationId } = await context.req.parseBody();
    if (!(file instanceof File) || typeof conversationId !== "string" || !/^\d{5}$/.test(conversationId))
      return context.json({ message: "file and conversationId are required" }, 400);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const name = `${centre.files.size}_${file.name}`;
    centre.files.set(name, { type: file.type, bytes });
    return context.json({ message: "stored", etag: name, name, type: file.type, size: bytes.byteLength });
  });
  app.get(`${fileServerUrl}/api/downloadFileStream`, (context) => {
    const file = centre.files.get(context.req.query("filename") ?? "");
    if (!file) return context.text("", 404);
    return new Response(file.bytes.slice(), { headers: { "Content-Type": file.type } });
  });
}

function addForms(app: Hono): void {
  app.get(`${formUrl}/forms/:id`, (context) => context.json(samplePreChatForm(context.req.param("id"))));
  app.get(`${formUrl}/formValidation`, (context) => context.json(sampleValidations()));
}

function addConversationData(app: Hono, centre: CxCentre): void {
  const put = async (context: Context): Promise<Response> => {
    const key = context.req.param("id") ?? "";
    const read: unknown = await context.req.json();
    const values: Record<string, unknown> = { ...centre.data.get(key) };
    if (typeof read === "object" && read !== null) Object.assign(values, read);
    centre.data.set(key, values);
    return context.json(values);
  };
  const get = (context: Context): Response => {
    const values = centre.data.get(context.req.param("id") ?? "");
    return values ? context.json(values) : context.json({}, 404);
  };
  for (const base of [conversationUrl, SERVICE_PATHS.socketUrl]) {
    app.post(`${base}/:id/conversation-data-by-identifier`, put);
    app.get(`${base}/get/:id`, get);
  }
  app.post(`${conversationUrl}/:id/conversation-data`, put);
  app.get(`${conversationUrl}/:id/conversation-data`, get);
}

function addOthers(app: Hono, centre: CxCentre): void {
  const { authenticatorUrl, calendarUrl, callbackUrl, webhookUrl } = SERVICE_PATHS;
  app.get(`${calendarUrl}/calendars/events`, (context) =>
    context.json(sampleCalendar(context.req.query("calendarId") ?? "")),
  );
  app.post(`${authenticatorUrl}/verifySecureLink`, async (context) => {
    const { roomId }: { roomId?: unknown } = await context.req.json();
    if (roomId === "expired") return context.json({ reasonCode: 410, message: "The link has expired" });
    return roomId === "good-key"
      ? context.json({ agentExtension: "1001", customerId: "c-1", agentName: "Asha" })
      : context.json({ message: "bad key" }, 400);
  });
  for (const path of [activityUrl, callbackUrl, webhookUrl]) {
    app.post(path, async (context) => {
      centre.received.push({ name: `POST ${path}`, payload: await context.req.json() });
      return path === callbackUrl ? context.json({ status: { name: "SCHEDULED" } }) : context.json({ code: "OK" });
    });
  }
}
