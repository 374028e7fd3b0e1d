// One client's process of bench/idle.ts: so many conversations, each an account in a room of its own, and what they cost when
// nothing happens.
import { createClient } from "stanza";
import type * as xmppAdapter from "../adapters/xmpp-muc/index.ts";
import type * as core from "../src/index.ts";
import { built } from "./built.ts";
import type { IdleJob, IdleRow } from "./idle.ts";

/** Logins at once: more only wait for the server. */
const ABREAST = 10;
const IDLE_MS = 10_000;

/** Joins a room and keeps still. What it gives must be kept: it is the conversation. */
type Join = (username: string) => Promise<unknown>;

const CLIENTS: Record<IdleJob["client"], (job: IdleJob) => Promise<Join>> = {
  async "switchboard-chat"({ wsUrl, domain, password, host }) {
    const { createChatSession } = await built<typeof core>("index");
    const { xmppMuc } = await built<typeof xmppAdapter>("adapters/xmpp-muc");
    return async (username) => {
      const credentials = { username, password, domain };
      const provision = (): Promise<xmppAdapter.RoomProvision> =>
        Promise.resolve({ credentials, room: `${username}@${host}`, nick: "Ravi", agents: [] });
      const session = createChatSession(xmppMuc({ websocketUrl: wsUrl, domain, provision: { provision } }));
      await session.start({ customer: { name: "Ravi" } });
      return session;
    };
  },
  stanza: ({ wsUrl, domain, password, host }) =>
    Promise.resolve(async (username) => {
      const client = createClient({ jid: `${username}@${domain}`, password, transports: { websocket: wsUrl } });
      await new Promise<void>((resolve, reject) => {
        client.on("session:started", () => {
          client.sendPresence();
          client.joinRoom(`${username}@${host}`, "Ravi").then(() => resolve(), reject);
        });
        client.on("disconnected", (error) => reject(error ?? new Error("disconnected")));
        client.connect();
      });
      return client;
    }),
  async strophe({ wsUrl, domain, password, host }) {
    const { $pres, Strophe } = await import("strophe.js");
    return async (username) => {
      const line = new Strophe.Connection(wsUrl);
      await new Promise<void>((resolve, reject) => {
        line.addHandler(
          (presence: Element) => {
            // In Node its elements have no selectors.
            const codes = Array.from(presence.getElementsByTagName("status"), (each) => each.getAttribute("code"));
            if (codes.includes("110")) resolve();
            return true;
          },
          "",
          "presence",
          "",
        );
        line.connect(`${username}@${domain}`, password, (status: number, reason?: string | null) => {
          if (status === Strophe.Status.AUTHFAIL || status === Strophe.Status.CONNFAIL)
            reject(new Error(reason ?? "refused"));
          if (status !== Strophe.Status.CONNECTED) return;
          line.send($pres());
          line.send($pres({ to: `${username}@${host}/Ravi` }).c("x", { xmlns: "http://jabber.org/protocol/muc" }));
        });
      });
      return line;
    };
  },
};

process.once("message", (job: IdleJob) => void run(job));

async function run(job: IdleJob): Promise<void> {
  const join = await CLIENTS[job.client](job);
  const kept: unknown[] = [];
  await settle();
  const empty = process.memoryUsage();
  for (const target of job.counts) {
    while (kept.length < target) {
      const names = job.usernames.slice(kept.length, Math.min(target, kept.length + ABREAST));
      kept.push(...(await Promise.all(names.map(join))));
    }
    await settle();
    const before = process.cpuUsage();
    await wait(IDLE_MS);
    const { user, system } = process.cpuUsage(before);
    await settle();
    const { heapUsed, rss } = process.memoryUsage();
    const row: IdleRow = {
      conversations: target,
      heapKiB: (heapUsed - empty.heapUsed) / 1_024,
      rssKiB: (rss - empty.rss) / 1_024,
      cpuMicrosecondsPerSecond: (user + system) / (IDLE_MS / 1_000),
    };
    process.send?.(row);
  }
  process.exit();
}

async function settle(): Promise<void> {
  for (let times = 0; times < 3; times++) {
    await wait(300);
    (globalThis as { gc?: () => void }).gc?.();
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
