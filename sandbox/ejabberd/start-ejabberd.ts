import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ChatError } from "../../src/transport/errors.ts";
import { assetPath } from "../support/asset-path.ts";
import { createTestCertificates, type TestCertificates } from "../support/certificates.ts";
import { freePorts } from "../support/free-ports.ts";
import { boshAnswers, webSocketAnswers } from "../support/http-probes.ts";
import { spawnServer, untilReady, type ServerProcess } from "../support/server-process.ts";
import { createTempFolder, type TempFolder } from "../support/temp-folder.ts";
import { createEjabberdControl, type EjabberdControl } from "./control.ts";

/** TCP ports of an ejabberd. */
export interface EjabberdPorts {
  c2s: number;
  http: number;
  https: number;
}

/** Options of {@link startEjabberd}; all are optional. */
export interface EjabberdOptions {
  /** XMPP domain of the accounts, default `localhost`. */
  domain?: string;
  /** Default: three free ports. */
  ports?: EjabberdPorts;
  /** The one SCRAM mechanism offered beside PLAIN, default `sha`, which is SCRAM-SHA-1. */
  scramHash?: "sha" | "sha256" | "sha512";
  /** Leaves PLAIN out of the offer. */
  disablePlain?: boolean;
  /** Seconds without a request until a BOSH session dies, default 60. */
  boshInactivitySeconds?: number;
  /** Largest upload, default 10 MiB. */
  uploadLimitBytes?: number;
  /** Seconds that a stream-management session can be resumed, default 120. */
  resumeSeconds?: number;
  /** What clients are told for uploads and in host-meta, without a slash at the end. */
  publicUrl?: string;
  /** Default `info`. */
  logLevel?: "debug" | "info" | "warning" | "error";
  /** Milliseconds until a start counts as failed, default 60000. */
  startTimeoutMs?: number;
}

/** Addresses of a running ejabberd: plain JSON. */
export interface EjabberdAddresses {
  domain: string;
  mucDomain: string;
  uploadDomain: string;
  guestDomain: string;
  boshUrl: string;
  wsUrl: string;
  boshTlsUrl: string;
  wssUrl: string;
  tcpUrl: string;
  hostMetaUrl: string;
  adminApiUrl: string;
  caCertPath: string;
  dataDir: string;
}

/** An ejabberd of one's own on loopback. */
export interface EjabberdServer extends EjabberdAddresses {
  readonly control: EjabberdControl;
  /** `undefined` after {@link EjabberdServer.kill}. */
  readonly pid: number | undefined;
  /** Only the addresses, for handing to another process or a page. */
  addresses(): EjabberdAddresses;
  /** SIGKILL; ports and data are kept for {@link EjabberdServer.start}. */
  kill(): Promise<void>;
  /** Starts it again after {@link EjabberdServer.kill}; resolves when it answers. */
  start(): Promise<void>;
  /** Ends the server at once (clients see a lost connection) and removes its data. Twice is fine. */
  stop(): Promise<void>;
}

const LISTEN = "127.0.0.1";

/**
 * Starts a throw-away ejabberd (23.01 in Debian 12) on loopback, without Erlang distribution or epmd. Takes 1-2 s and
 * 120 MiB. Resolves when BOSH, WebSocket and the admin API answer; stop it with `stop()`.
 * @throws ChatError `unsupported` (ejabberd or openssl is not installed), `unreachable`, `timed-out`.
 */
export async function startEjabberd(options: EjabberdOptions = {}): Promise<EjabberdServer> {
  const libraries = ejabberdLibraries();
  const folder = createTempFolder("ejabberd");
  try {
    return await startIn(folder, libraries, options);
  } catch (error) {
    folder.remove();
    throw error;
  }
}

async function startIn(folder: TempFolder, libraries: string, options: EjabberdOptions): Promise<EjabberdServer> {
  const domain = options.domain ?? "localhost";
  for (const name of ["mnesia", "upload"]) mkdirSync(join(folder.path, name));
  const [certificates, ports] = await Promise.all([
    createTestCertificates(join(folder.path, "certs"), domain),
    options.ports ?? drawPorts(),
  ]);
  const addresses = addressesOf(domain, ports, folder.path, certificates);
  writeFileSync(join(folder.path, "ejabberd.yml"), configuration(options, addresses, ports, certificates));
  let child: ServerProcess | undefined;
  const start = async (): Promise<void> => {
    if (child?.running === true) return;
    child = await launch(folder.path, libraries);
    try {
      await untilReady("ejabberd", child, () => answers(addresses), {
        timeoutMs: options.startTimeoutMs ?? 60_000,
        logs: [join(folder.path, "stdout.log"), join(folder.path, "ejabberd.log")],
      });
    } catch (error) {
      await child.kill();
      throw error;
    }
  };
  await start();
  return {
    ...addresses,
    control: createEjabberdControl({ ...addresses, url: addresses.adminApiUrl }),
    get pid() {
      return child?.running === true ? child.pid : undefined;
    },
    addresses: () => addresses,
    start,
    kill: async () => child?.kill(),
    stop: async () => {
      await child?.kill();
      folder.remove();
    },
  };
}

async function drawPorts(): Promise<EjabberdPorts> {
  const [c2s = 0, http = 0, https = 0] = await freePorts(3, LISTEN);
  return { c2s, http, https };
}

function addressesOf(
  domain: string,
  ports: EjabberdPorts,
  dataDir: string,
  certificates: TestCertificates,
): EjabberdAddresses {
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
    adminApiUrl: `http://${plain}/api`,
    caCertPath: certificates.caPath,
    dataDir,
  };
}

function configuration(
  options: EjabberdOptions,
  addresses: EjabberdAddresses,
  ports: EjabberdPorts,
  certificates: TestCertificates,
): string {
  const publicUrl = options.publicUrl ?? `http://${LISTEN}:${ports.http}`;
  const values: Record<string, string | number> = {
    DOMAIN: addresses.domain,
    LISTEN,
    DATA: addresses.dataDir,
    CERTIFICATE: certificates.bundlePath,
    C2S_PORT: ports.c2s,
    HTTP_PORT: ports.http,
    HTTPS_PORT: ports.https,
    PUBLIC_URL: publicUrl,
    PUBLIC_WS: publicUrl.replace(/^http/, "ws"),
    LOGLEVEL: options.logLevel ?? "info",
    SCRAM_HASH: options.scramHash ?? "sha",
    DISABLED_MECHANISMS: options.disablePlain === true ? '  - "PLAIN"' : "",
    BOSH_INACTIVITY: options.boshInactivitySeconds ?? 60,
    SM_TIMEOUT: options.resumeSeconds ?? 120,
    UPLOAD_LIMIT: options.uploadLimitBytes ?? 10_485_760,
  };
  const template = readFileSync(assetPath("ejabberd/ejabberd.yml.in"), "utf8");
  return template.replace(/@([A-Z0-9_]+)@/g, (all, name: string) => String(values[name] ?? all));
}

/** The Erlang libraries of Debian's package, which `ejabberdctl` would find for us, but not without epmd. */
function ejabberdLibraries(): string {
  for (const folder of existsSync("/usr/lib") ? readdirSync("/usr/lib") : []) {
    const path = join("/usr/lib", folder);
    if (!folder.includes("-linux-")) continue;
    if (readdirSync(path).some((name) => /^ejabberd-[\d.]+/.test(name) && existsSync(join(path, name, "ebin"))))
      return path;
  }
  throw notInstalled();
}

function notInstalled(cause?: unknown): ChatError {
  return new ChatError("unsupported", "ejabberd is not installed.", {
    remedy: "Install it: apt-get install --no-install-recommends ejabberd openssl",
    cause,
  });
}

async function launch(dataDir: string, libraries: string): Promise<ServerProcess> {
  try {
    return await spawnServer({
      command: process.env["ERL"] ?? "erl",
      args: ["-noinput", "+K", "true", "-mnesia", "dir", `"${dataDir}/mnesia"`, "-s", "ejabberd"],
      env: {
        HOME: dataDir,
        ERL_LIBS: libraries,
        EJABBERD_CONFIG_PATH: join(dataDir, "ejabberd.yml"),
        EJABBERD_LOG_PATH: join(dataDir, "ejabberd.log"),
        ERL_CRASH_DUMP: join(dataDir, "erl_crash.dump"),
        ERL_CRASH_DUMP_BYTES: "0",
      },
      outputFile: join(dataDir, "stdout.log"),
    });
  } catch (cause) {
    throw notInstalled(cause);
  }
}

async function answers(addresses: EjabberdAddresses): Promise<boolean> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  const status = await fetch(`${addresses.adminApiUrl}/status`, { ...init, signal: AbortSignal.timeout(2_000) });
  if (!status.ok) return false;
  return (await boshAnswers(addresses.boshUrl, addresses.domain)) && webSocketAnswers(addresses.wsUrl);
}
