import { Hono } from "hono";
import { cors } from "hono/cors";
import * as v from "valibot";
import { ChatError } from "../../src/transport/errors.ts";
import { CONTROL_ACTIONS } from "./control-actions.ts";
import type { ExotelControl } from "./exotel-control.ts";

/** What can be read under `/control/`. */
const VIEWS: Record<string, { about: string; read: (control: ExotelControl) => unknown }> = {
  chats: { about: "chats, with the provisioning call of each", read: (control) => control.chats() },
  feedback: { about: "ratings as submitted", read: (control) => control.feedback() },
  requests: { about: "REST calls as they came, without tokens", read: (control) => control.requests() },
  settings: { about: "settings of the contact centre", read: (control) => control.settings() },
};

/** The control endpoints, for people with curl and for pages: every origin may call them, on loopback only. */
export function createControlRoutes(control: ExotelControl): Hono {
  const app = new Hono();
  app.use("/control/*", cors());
  app.get("/control", (context) =>
    context.json({
      get: Object.entries(VIEWS).map(([name, { about }]) => ({ path: `/control/${name}`, about })),
      post: CONTROL_ACTIONS.map(({ name, about, body }) => ({ path: `/control/${name}`, about, body })),
    }),
  );
  for (const [name, { read }] of Object.entries(VIEWS)) {
    app.get(`/control/${name}`, (context) => context.body(toJson(read(control)), 200, JSON_TYPE));
  }
  for (const { name, run, body: shape } of CONTROL_ACTIONS) {
    app.post(`/control/${name}`, async (context) => {
      const text = await context.req.text();
      try {
        return context.body(toJson(await run(control, text === "" ? {} : JSON.parse(text))), 200, JSON_TYPE);
      } catch (error) {
        const code = ChatError.isInstance(error) ? error.code : "invalid-argument";
        const detail = v.isValiError(error) ? error.issues.map(({ message }) => message).join("; ") : String(error);
        return context.json({ error: detail, code, body: shape }, code === "not-found" ? 404 : 400);
      }
    });
  }
  return app;
}

const JSON_TYPE = { "content-type": "application/json" };

// hono's own json() wants a type that JSON can hold; what is shown here holds dates too.
function toJson(value: unknown): string {
  return JSON.stringify(value);
}
