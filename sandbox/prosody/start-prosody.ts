import { mkdirSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ChatError } from "../../src/transport/errors.ts";
import { assetPath } from "../support/asset-path.ts";
import { createTestCertificates } from "../support/certificates.ts";
import { freePorts } from "../support/free-ports.ts";
import { boshAnswers, webSocketAnswers } from "../support/http-probes.ts";
import { spawnServer, untilReady, type ServerProcess } from "../support/server-process.ts";
import { createTempFolder, type TempFolder } from "../support/temp-folder.ts";
import { createProsodyControl, type ProsodyControl } from "./control.ts";
import { dialectEnvironment, type ProsodyDialect } from "./dialect.ts";

/** TCP ports of a Prosody. */
export interface ProsodyPorts {
  c2s: number;
  http: number;
  https: number;
}

/** Options of {@link startProsody}; all are optional. */
export interface ProsodyOptions {
  /** XMPP domain of the accounts, default `localhost`; `guest.`, `conference.` and `upload.` are put before it. */
  domain?: string;
  /** Default: three free ports, kept over {@link ProsodyServer.restart}. */
  ports?: ProsodyPorts;
  /** Seconds without a request until a BOSH session dies, default 60. */
  boshInactivitySeconds?: number;
  /** Upper limit of BOSH `wait` in seconds, default 60. */
  boshWaitSeconds?: number;
  /** Largest upload, default 10 MiB. */
  uploadLimitBytes?: number;
  /** `memory` (default) forgets everything with the process, `internal` (files) and `sql` survive a restart. */
  storage?: "memory" | "internal" | "sql";
  /** Messages that an archive keeps, default 20000. */
  archiveLimit?: number;
  /** The SCRAM mechanism offered beside PLAIN, default `SHA-1`; `all` offers SHA-1, -256 and -512. */
  saslHash?: "SHA-1" | "SHA-256" | "SHA-512" | "all";
  /** SCRAM iterations of new accounts, default 10000 (with `all` always 4096). */
  scramIterations?: number;
  /** Leaves PLAIN out of the offer. */
  disablePlain?: boolean;
  /** Leaves every SCRAM mechanism out of the offer: what is left is PLAIN. */
  disableScram?: boolean;
  /** Offers SASL2, Bind2 and FAST (the packaged modules, with what they need to work on 0.12). */
  sasl2?: boolean;
  /** Default true. False leaves STARTTLS out, for clients of the TCP port that cannot be told to trust the CA. */
  startTls?: boolean;
  /** What clients are told for uploads and in host-meta when a proxy stands in front, without a slash at the end. */
  publicUrl?: string;
  /** Seconds that a stream-management session can be resumed, default 120. */
  resumeSeconds?: number;
  /** Default `info`; `debug` writes every stanza to `prosody.log` in the data folder. */
  logLevel?: "debug" | "info" | "warn" | "error";
  /** Makes the rooms and uploads behave as another vendor's. */
  dialect?: ProsodyDialect;
  /** Milliseconds until a start counts as failed, default 20000. */
  startTimeoutMs?: number;
}

/** Addresses of a running Prosody: plain JSON. */
export interface ProsodyAddresses {
  domain: string;
  mucDomain: string;
  uploadDomain: string;
  /** Domain for SASL ANONYMOUS. */
  guestDomain: string;
  boshUrl: string;
  wsUrl: string;
  boshTlsUrl: string;
  wssUrl: string;
  /** Client-to-server TCP, `xmpp://host:port`. */
  tcpUrl: string;
  hostMetaUrl: string;
  testApiUrl: string;
  testApiToken: string;
  /** CA of the TLS certificates, PEM. */
  caCertPath: string;
  dataDir: string;
}

/** A Prosody of one's own on loopback. */
export interface ProsodyServer extends ProsodyAddresses {
  readonly control: ProsodyControl;
  /** Process id of the running server; undefined while it is down. */
  readonly pid: number | undefined;
  /** Only the addresses, for handing to another process or a page. */
  addresses(): ProsodyAddresses;
  /** SIGTERM and start again on the same ports and data. Memory storage comes back empty. */
  restart(): Promise<void>;
  /** SIGKILL; ports and data are kept for {@link start}. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}; resolves when it answers. */
  start(): Promise<void>;
  /** Ends the server at once (clients see a lost connection) and removes its data. Twice is fine. */
  stop(): Promise<void>;
}

const LISTEN = "127.0.0.1";

/**
 * Starts a throw-away Prosody on loopback: BOSH, WebSocket, TCP, rooms with archive and occupant ids, uploads,
 * anonymous guests, TLS with a CA of its own, and the test API behind {@link ProsodyControl}. Takes about 0.3 s and
 * 20 MiB. Resolves when BOSH, WebSocket and the test API answer; stop it with `stop()`.
 *
 * ```ts
 * const prosody = await startProsody({ boshInactivitySeconds: 5 });
 * await prosody.control.createUser("visitor", "secret");
 * // connect to prosody.boshUrl as visitor@localhost
 * await prosody.stop();
 * ```
 * @throws ChatError `unsupported` (Prosody or openssl is not installed), `unreachable` (it ended during start, with
 * the end of its log), `timed-out`.
 */
export async function startProsody(options: ProsodyOptions = {}): Promise<ProsodyServer> {
  const folder = createTempFolder("prosody");
  try {
    return await startIn(folder, options);
  } catch (error) {
    folder.remove();
    throw error;
  }
}

async function startIn(folder: TempFolder, options: ProsodyOptions): Promise<ProsodyServer> {
  const domain = options.domain ?? "localhost";
  mkdirSync(join(folder.path, "data"));
  const [certificates, ports] = await Promise.all([
    createTestCertificates(join(folder.path, "certs"), domain),
    options.ports ?? drawPorts(),
  ]);
  const addresses = addressesOf(domain, ports, folder.path, certificates.caPath);
  const control = createProsodyControl({ url: addresses.testApiUrl, token: addresses.testApiToken });
  let child: ServerProcess | undefined;
  const start = async (): Promise<void> => {
    if (child?.running === true) return;
    child = await launch(options, addresses, ports);
    try {
      await untilReady("Prosody", child, () => answers(addresses, control), {
        timeoutMs: options.startTimeoutMs ?? 20_000,
        logs: [join(folder.path, "stdout.log"), join(folder.path, "prosody.log")],
      });
    } catch (error) {
      await child.kill();
      throw error;
    }
  };
  await start();
  return {
    ...addresses,
    control,
    get pid() {
      return child?.running === true ? child.pid : undefined;
    },
    addresses: () => addresses,
    start,
    kill: async () => child?.kill(),
    restart: async () => {
      await child?.stop();
      await start();
    },
    stop: async () => {
      // Its data goes with it, so it need not be asked: a goodbye to clients would cost a second.
      await child?.kill();
      folder.remove();
    },
  };
}

async function drawPorts(): Promise<ProsodyPorts> {
  const [c2s = 0, http = 0, https = 0] = await freePorts(3, LISTEN);
  return { c2s, http, https };
}

function addressesOf(domain: string, ports: ProsodyPorts, dataDir: string, caCertPath: string): ProsodyAddresses {
  const plain = `${LISTEN}:${ports.http}`;
  const tls = `${LISTEN}:${ports.https}`;
  return {
    domain,
    mucDomain: `conference.${domain}`,
    uploadDomain: `upload.${domain}`,
    guestDomain: `guest.${domain}`,
    boshUrl: `http://${plain}/http-bind`,
    wsUrl: `ws://${plain}/xmpp-websocket`,
    boshTlsUrl: `https://${tls}/http-bind`,
    wssUrl: `wss://${tls}/xmpp-websocket`,
    tcpUrl: `xmpp://${LISTEN}:${ports.c2s}`,
    hostMetaUrl: `http://${plain}/.well-known/host-meta`,
    testApiUrl: `http://${plain}/test-api`,
    testApiToken: randomBytes(12).toString("hex"),
    caCertPath,
    dataDir,
  };
}

async function launch(
  options: ProsodyOptions,
  addresses: ProsodyAddresses,
  ports: ProsodyPorts,
): Promise<ServerProcess> {
  try {
    return await spawnServer({
      command: process.env["PROSODY"] ?? "prosody",
      args: ["--config", assetPath("prosody/prosody.cfg.lua"), "-F"],
      env: environment(options, addresses, ports),
      outputFile: join(addresses.dataDir, "stdout.log"),
    });
  } catch (cause) {
    throw new ChatError("unsupported", "Prosody is not installed.", {
      remedy:
        "Install it: apt-get install --no-install-recommends prosody prosody-modules lua-unbound lua-dbi-sqlite3 openssl",
      cause,
    });
  }
}

/** The variables that prosody.cfg.lua reads. */
function environment(
  options: ProsodyOptions,
  addresses: ProsodyAddresses,
  ports: ProsodyPorts,
): Record<string, string | undefined> {
  const text = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value));
  return {
    XMPP_DOMAIN: addresses.domain,
    XMPP_LISTEN: LISTEN,
    XMPP_C2S_PORT: String(ports.c2s),
    XMPP_HTTP_PORT: String(ports.http),
    XMPP_HTTPS_PORT: String(ports.https),
    XMPP_DATA_DIR: addresses.dataDir,
    XMPP_MODULES_DIR: assetPath("prosody/modules"),
    XMPP_PUBLIC_URL: options.publicUrl ?? `http://${LISTEN}:${ports.http}`,
    XMPP_PUBLIC_TLS_URL: options.publicUrl ?? `https://${LISTEN}:${ports.https}`,
    XMPP_TEST_TOKEN: addresses.testApiToken,
    XMPP_STORAGE: options.storage ?? "memory",
    XMPP_ARCHIVE_LIMIT: text(options.archiveLimit),
    XMPP_SASL_HASH: options.saslHash ?? "SHA-1",
    XMPP_SCRAM_ITERATIONS: text(options.scramIterations),
    XMPP_DISABLE_PLAIN: options.disablePlain === true ? "1" : "0",
    XMPP_DISABLE_SCRAM: options.disableScram === true ? "1" : "0",
    XMPP_STARTTLS: options.startTls === false ? "0" : "1",
    XMPP_SASL2: options.sasl2 === true ? "1" : "0",
    XMPP_BOSH_INACTIVITY: text(options.boshInactivitySeconds),
    XMPP_BOSH_WAIT: text(options.boshWaitSeconds),
    XMPP_SM_TIMEOUT: text(options.resumeSeconds),
    XMPP_UPLOAD_LIMIT: text(options.uploadLimitBytes),
    XMPP_LOG_LEVEL: options.logLevel ?? "info",
    ...dialectEnvironment(options.dialect),
  };
}

/** Another server's test API on the same port would refuse our token: then this is not our Prosody. */
async function answers(addresses: ProsodyAddresses, control: ProsodyControl): Promise<boolean> {
  await control.health();
  return (await boshAnswers(addresses.boshUrl, addresses.domain)) && webSocketAnswers(addresses.wsUrl);
}
