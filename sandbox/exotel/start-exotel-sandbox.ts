import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { Hono } from "hono";
import { ChatError } from "../../src/transport/errors.ts";
import type { ProsodyDialect } from "../prosody/dialect.ts";
import { startProsody, type ProsodyOptions, type ProsodyServer } from "../prosody/start-prosody.ts";
import { createContactCentre } from "./contact-centre.ts";
import { createControlRoutes } from "./control-routes.ts";
import { createExotelControl, newToken, type ExotelControl } from "./exotel-control.ts";
import { createRestShim } from "./rest-shim.ts";
import { DEFAULT_SETTINGS, type ExotelSettings, type ShimState } from "./shim-state.ts";

/** Options of {@link startExotelSandbox}; all are optional. */
export interface ExotelSandboxOptions {
  /** Behaviour of the contact centre and of its REST calls; all of it may be changed later. */
  settings?: Partial<ExotelSettings>;
  /** How rooms, uploads and BOSH look on the wire. */
  dialect?: ProsodyDialect;
  /** Options of the Prosody behind it. */
  prosody?: Omit<ProsodyOptions, "dialect" | "startTls">;
  /** The whole `Authorization` value; default: made up. */
  authToken?: string;
  /** Port of the REST and CMS calls; default: any free one. */
  port?: number;
  /** More routes on the same server, for the demo. */
  routes?: (app: Hono<{ Bindings: HttpBindings }>, sandbox: ExotelSandboxAddresses, control: ExotelControl) => void;
  /** Told what is being started, line by line. */
  log?: (line: string) => void;
}

/** Where everything of a running sandbox is: plain JSON. */
export interface ExotelSandboxAddresses {
  /** `CHAT_SERVICE_DOMAIN` of the exochat configuration. */
  chatServiceUrl: string;
  /** `CMS_SERVICE_DOMAIN`. */
  cmsServiceUrl: string;
  /** `CONVERSE_BOSH_SERVICE_URL`. */
  boshUrl: string;
  wsUrl: string;
  domain: string;
  mucDomain: string;
  /** `AUTH_TOKEN`, scheme word included. */
  authToken: string;
  contactCenterId: number;
  campaignId: number;
  nodeflowId: number;
  processId: number;
  /** Control endpoints; GET lists them. */
  controlUrl: string;
}

/** A running Exotel on loopback. */
export interface ExotelSandbox extends ExotelSandboxAddresses {
  /** The XMPP server behind it, with its own control. */
  readonly prosody: ProsodyServer;
  readonly control: ExotelControl;
  /** Only the addresses, for handing to another process or a page. */
  addresses(): ExotelSandboxAddresses;
  /** Stops everything and removes all data. Twice is fine. */
  stop(): Promise<void>;
}

/**
 * Starts what a customer's page needs of Exotel: the chat REST calls and the feedback calls of the CMS on one port, a
 * real Prosody for BOSH, WebSocket, rooms and uploads, and scripted agents that join the rooms. Takes about 0.4 s.
 *
 * ```ts
 * const exotel = await startExotelSandbox({ settings: { agentJoin: "before" } });
 * // start a chat against exotel.chatServiceUrl, then:
 * const agent = await exotel.control.seat();
 * await agent.say("How can I help?");
 * await agent.endChat({ chatId: "CH-1", interactionId: "IN-1" });
 * await exotel.stop();
 * ```
 * @throws ChatError `unsupported` when Prosody is not installed, `conflict` when `port` is taken.
 */
export async function startExotelSandbox(options: ExotelSandboxOptions = {}): Promise<ExotelSandbox> {
  const log = options.log ?? (() => {});
  const { routes } = options;
  log("Starting Prosody (XMPP over BOSH and WebSocket, rooms, uploads) ...");
  // The agents' client cannot be given the test CA, so the TCP port offers no STARTTLS.
  const prosody = await startProsody({
    ...options.prosody,
    startTls: false,
    ...(options.dialect ? { dialect: options.dialect } : {}),
  });
  try {
    log(`Prosody answers at ${prosody.boshUrl}`);
    return await startAround(prosody, options, routes, log);
  } catch (error) {
    await prosody.stop();
    throw error;
  }
}

async function startAround(
  prosody: ProsodyServer,
  options: ExotelSandboxOptions,
  routes: ExotelSandboxOptions["routes"],
  log: (line: string) => void,
): Promise<ExotelSandbox> {
  const state: ShimState = {
    settings: { ...DEFAULT_SETTINGS, ...options.settings },
    token: options.authToken ?? newToken(),
    chats: [],
    feedback: [],
    requests: [],
    faults: [],
  };
  const centre = createContactCentre(prosody, state);
  const control = createExotelControl(state, centre, prosody);
  const app = new Hono<{ Bindings: HttpBindings }>();
  log("Starting the chat REST service and the CMS ...");
  const server = await listen(app, options.port ?? 0);
  const baseUrl = `http://127.0.0.1:${portOf(server)}`;
  const surveyUrl = (): string => `${baseUrl}/survey`;
  const addresses = addressesOf(baseUrl, prosody, state.token);
  app.route("/", createRestShim({ state, prosody, provision: centre.provision, surveyUrl }));
  app.route("/", createControlRoutes(control));
  app.get("/survey", (context) => context.html("<!doctype html><title>Survey</title><h1>How did we do?</h1>"));
  routes?.(app, addresses, control);
  log(`REST and CMS answer at ${baseUrl}, control endpoints are listed at ${addresses.controlUrl}`);
  return {
    ...addresses,
    get authToken() {
      return state.token;
    },
    prosody,
    control,
    addresses: () => ({ ...addresses, authToken: state.token }),
    stop: async () => {
      await centre.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await prosody.stop();
    },
  };
}

function addressesOf(baseUrl: string, prosody: ProsodyServer, authToken: string): ExotelSandboxAddresses {
  return {
    chatServiceUrl: baseUrl,
    cmsServiceUrl: baseUrl,
    boshUrl: prosody.boshUrl,
    wsUrl: prosody.wsUrl,
    domain: prosody.domain,
    mucDomain: prosody.mucDomain,
    authToken,
    contactCenterId: 1,
    campaignId: 1,
    nodeflowId: 5,
    processId: 4,
    controlUrl: `${baseUrl}/control`,
  };
}

async function listen(app: Hono<{ Bindings: HttpBindings }>, port: number): Promise<Server> {
  const handle = getRequestListener(app.fetch);
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((cause: unknown) => {
    throw new ChatError("conflict", `Port ${port} is taken.`, {
      remedy: "Choose another with --port, or leave it out.",
      cause,
    });
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
