import type { UploadCall } from "../../src/transport/call.ts";
import type { Attachment, UploadFile } from "../../src/transport/messages.ts";
import type { ReconnectPolicy } from "../../src/transport/states.ts";
import type { OpenRequest } from "../../src/transport/transport.ts";
import type { IoFactory } from "../socket-io/dial-socket.ts";

/** How to reach the server, whoever connects. */
export interface SolutionServerOptions {
  /** `https://<host>[:port]`; plain http only to this machine, unless `allowInsecure`. */
  url: string;
  /**
   * The `io` of socket.io-client. Default: version 4. A server of 2018 speaks Engine.IO 3: pass the `io` of socket.io-client 2.
   */
  io?: IoFactory;
  /** In the order of trying. Default: polling, then an upgrade to WebSocket. */
  transports?: readonly ("polling" | "websocket")[];
  /** When to connect again after the link was lost. Default: `exponentialBackoff()`. */
  reconnect?: ReconnectPolicy;
  /** Also plain http to other machines. Whoever is in between reads everything. Default false. */
  allowInsecure?: boolean;
  /** Default: the platform's. */
  fetch?: typeof fetch;
  /** Milliseconds for one REST call. Default 15_000. */
  timeoutMs?: number;
  /**
   * How past messages are read (guide 7.0.11): by `query`, by the JSON `body` that the guide prints in a GET (Node only:
   * browsers cannot), or not at all where the server does not allow it. Default `query`.
   */
  pastMessages?: "query" | "body" | false;
  /** Milliseconds until a send that nobody confirmed is looked for in the past messages. Default 1_000. */
  confirmAfterMs?: number;
}

/** The two printings of the guide: `v3` of 2018, and the one after it. */
export type SolutionEdition = "v3" | "later";

/** What the customer part says about the customer when a chat starts (guide 3.0.2). */
export interface SolutionCustomerFields {
  /** Default `web`. */
  channel?: string;
  language?: string;
  /** The customer's account on the channel, normally a phone number. */
  refId?: string;
  /** The page that the chat is on. */
  url?: string;
  comment?: string;
  /** The skill group: the queue that the chat waits in. */
  subject?: string;
}

/** Options of `expertflowChat`. */
export interface ExpertflowChatOptions extends SolutionServerOptions {
  /** Fields of the customer part; default `later`. What comes is read in either. */
  edition?: SolutionEdition;
  /** About the customer; or a function of the request. */
  customer?: SolutionCustomerFields | ((request: OpenRequest) => SolutionCustomerFields);
  /** Fields that the integrator has defined (guide 3.0.2: "parameters can be defined"). */
  extraFields?: Readonly<Record<string, string | number | boolean>>;
  /** The key under which `Handoff` travels in `requestAgentTransfer`. No guide knows one. Default: it does not travel. */
  handoffKey?: string;
  /** Stores files somewhere of the integrator's: no guide has a call for it. Without it there is no upload. */
  uploader?: (file: UploadFile, call: UploadCall) => Promise<Attachment>;
}
