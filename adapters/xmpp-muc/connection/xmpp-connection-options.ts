import type { Logger } from "../../../src/kit/logger.ts";
import type { Call } from "../../../src/transport/call.ts";
import type { ReconnectPolicy } from "../../../src/transport/states.ts";
import type { BoshOptions } from "./bosh/bosh-options.ts";
import type { XmppResumeState } from "./resume-state.ts";
import type { StreamManagement } from "./sm/stream-manager.ts";
import type { FastLogin } from "./sasl/fast-login.ts";
import type { XmppCredentials } from "./sasl/sasl-mechanism.ts";
import type { WebSocketConstructor } from "./websocket/websocket-transport.ts";

/** Options of {@link createXmppConnection}. */
export interface XmppConnectionOptions {
  /** BOSH address, for example `https://chat.example/http-bind/`. */
  boshUrl?: string | URL;
  /** WebSocket address, for example `wss://chat.example/xmpp-websocket`. */
  websocketUrl?: string | URL;
  /**
   * `auto` (default): WebSocket when an address for it is given or discovered, BOSH when that fails or is all there is.
   */
  transport?: "auto" | "bosh" | "websocket";
  /**
   * Domain of the account. Given here, the stream is opened while the credentials are still on their way. Without
   * addresses they are discovered from it (XEP-0156). Default: the domain that comes with the credentials.
   */
  domain?: string;
  /**
   * Who logs in; a function is asked on every (re)connect, and once more when what it gave is refused after the connection
   * had stood before. Its signal fires when the connection is closed meanwhile.
   * May be left out only with `resume`: then there is no way back once the session is lost.
   */
  credentials?: XmppCredentials | ((call: Call) => Promise<XmppCredentials>);
  /** Default: random. Two connections with one resource end each other. */
  resource?: string;
  /** Language of the stream, for texts of the server. */
  lang?: string;
  /** Default: the platform's; in Node 20 the one of the package `ws`, if installed. */
  WebSocket?: WebSocketConstructor;
  bosh?: BoshOptions;
  /** Default {@link exponentialBackoff}. The very first connect is not repeated: its caller hears the cause. */
  reconnect?: ReconnectPolicy;
  /** Milliseconds for one try of connecting, login included. Default 15_000. */
  connectTimeoutMs?: number;
  /** Milliseconds for a WebSocket to come up before `auto` takes BOSH instead. Default 5_000. */
  fallbackTimeoutMs?: number;
  /** Bytes of one stanza; larger ones are refused before sending. Default 131_072. */
  maxStanzaBytes?: number;
  /** Closes the connection when the last room that uses it has left. Default false. */
  closeWhenUnused?: boolean;
  /**
   * What `resumeState` of another connection gave, decoded with `decodeResumeState`: the first stream goes on with it.
   * When the server has forgotten it, a new session follows by itself. One state must be used by one connection only.
   */
  resume?: XmppResumeState;
  /**
   * Give {@link streamManagement} for WebSockets that can break without loss. Left out by default, so that a page which
   * uses BOSH only does not load it.
   */
  streamManagement?: StreamManagement;
  /** Give `fastLogin()` for logins with a token instead of the password (XEP-0484), over WebSocket where it is offered. */
  fast?: FastLogin;
  /** The session is not ended when the page goes away, because the next page resumes it. Default false. */
  keepSessionOnPageHide?: boolean;
  logger?: Logger;
}
