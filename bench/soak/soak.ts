import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { streamManagement } from "../../adapters/xmpp-muc/index.ts";
import { startProsody, type ProsodyServer } from "../../sandbox/index.ts";
import type { Delivery } from "../../test/faults/support/check-delivery.ts";
import { openJoined, type Conversation, type Join } from "../../test/faults/support/conversation.ts";
import { joinParty, settle, type Party } from "../../test/faults/support/party.ts";
import type { SoakOptions } from "./options.ts";
import type { PeerStage } from "./peer-stage.ts";

/** What the process holds at a moment. */
export interface Footprint {
  /** Open handles and timers of Node, by kind. */
  handles: Record<string, number>;
  /** Collected, MiB. */
  heapMiB: number;
  /** Connections that clients have open. */
  connections: number;
}

/** What a run found out. */
export interface SoakReport {
  options: SoakOptions;
  startedAt: string;
  /** How long both spoke. */
  seconds: number;
  messages: number;
  messagesPerSecond: number;
  faults: Record<string, number>;
  kills: number;
  /** Losses of the link, both parties together. */
  reconnects: number;
  /** By direction. */
  delivery: Record<string, Delivery>;
  /** Both heard the last word. */
  settled: boolean;
  /** Both joined; both still joined after the last message; both left, and forgotten. */
  footprint: { start: Footprint; end: Footprint; closed: Footprint };
}

/** Undecided messages of one party when no rate is given. */
const WINDOW = 8;
/** How long a dead connection stays dead, milliseconds: a router that forgot it. */
const HALF_OPEN_MS = 5_000;
const SETTLE_MS = 120_000;

/** Two parties speak, faults fire, and then it is compared what was said with what was heard. */
export async function soak(options: SoakOptions, progress: (line: string) => void): Promise<SoakReport> {
  // The archive has to hold whatever one of them can miss; in memory a killed server would forget it.
  const server = await startProsody({ storage: options.storage, archiveLimit: 2_000_000, logLevel: "warn" });
  try {
    return await run(server, options, progress);
  } finally {
    await server.stop();
  }
}

async function run(server: ProsodyServer, options: SoakOptions, progress: (line: string) => void): Promise<SoakReport> {
  const stage = await openStage(options);
  try {
    // In a function of its own: what it holds on to would otherwise be there to the end.
    const { start, end, ...result } = await converse(server, options, stage?.join ?? joinWith(options), progress);
    return { ...result, footprint: { start, end, closed: await footprint(undefined) } };
  } finally {
    await stage?.stop();
  }
}

/** Loaded only then: a browser's driver would count in the heap of ours. */
async function openStage({ peer }: SoakOptions): Promise<PeerStage | undefined> {
  return peer && (await import("./peer-stage.ts")).openPeerStage(peer);
}

function joinWith({ resumed }: SoakOptions): Join<Party> {
  return (party, other) => joinParty(party, other, resumed ? { streamManagement } : {});
}

async function converse(
  server: ProsodyServer,
  options: SoakOptions,
  join: Join<Party>,
  progress: (line: string) => void,
): Promise<Omit<SoakReport, "footprint"> & { start: Footprint; end: Footprint }> {
  const startedAt = new Date().toISOString();
  const conversation = await open(server, options, join);
  const { parties, proxies } = conversation;
  const start = await footprint(conversation);
  const began = performance.now();
  const reporting = setInterval(() => progress(describe(conversation, began)), 15_000);
  try {
    const kills = await speakUnderFaults(server, conversation, options);
    const seconds = (performance.now() - began) / 1_000;
    conversation.quiet(true);
    progress("quiet, waiting for the rest");
    const settled = await settle(...parties, "over", SETTLE_MS);
    progress(describe(conversation, began));
    return {
      options,
      startedAt,
      seconds: Math.round(seconds),
      messages: said(parties),
      messagesPerSecond: Math.round(said(parties) / seconds),
      faults: countBy(proxies.flatMap(({ injected }) => injected.map(({ kind }) => kind))),
      kills,
      reconnects: parties.flatMap(({ states }) => states).filter((state) => state === "reconnecting").length,
      delivery: conversation.check(),
      settled,
      start,
      end: await footprint(conversation),
    };
  } finally {
    clearInterval(reporting);
    await conversation.close();
  }
}

function open(
  server: ProsodyServer,
  { seed, transport, faultSeconds }: SoakOptions,
  join: Join<Party>,
): Promise<Conversation<Party>> {
  return openJoined(
    {
      server,
      transport,
      seed,
      halfOpenMs: HALF_OPEN_MS,
      clock: () => performance.now(),
      // Each of the two proxies has a plan of its own.
      ...(faultSeconds > 0 && { mean: faultSeconds * 2_000 }),
    },
    join,
  );
}

/** Resolves with how often the server was killed. */
async function speakUnderFaults(
  server: ProsodyServer,
  conversation: Conversation<Party>,
  { minutes, messages = Infinity, rate, killSeconds }: SoakOptions,
): Promise<number> {
  const { parties } = conversation;
  const endsAt = performance.now() + minutes * 60_000;
  const isOver = (): boolean => performance.now() >= endsAt || said(parties) >= messages || parties.some(isClosed);
  const killing = { count: 0, over: false };
  conversation.quiet(false);
  const kills = killEvery(server, killSeconds, killing);
  await Promise.all(parties.map((party) => speak(party, isOver, rate)));
  killing.over = true;
  await kills;
  return killing.count;
}

const said = (parties: readonly Party[]): number => parties.reduce((sum, { count }) => sum + count, 0);
const isClosed = ({ status }: Party): boolean => status === "closed";

/** Sends numbers until it is over, and waits until all of them are decided. */
async function speak(party: Party, isOver: () => boolean, rate: number | undefined): Promise<void> {
  const open = new Set<Promise<unknown>>();
  const began = performance.now();
  for (let count = 0; !isOver(); count++) {
    const sending: Promise<unknown> = party.sendNext().finally(() => open.delete(sending));
    open.add(sending);
    if (rate === undefined) {
      if (open.size >= WINDOW) await Promise.race(open);
      continue;
    }
    const waitMs = began + ((count + 1) * 1_000) / rate - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  await Promise.all(open);
}

async function killEvery(
  server: ProsodyServer,
  seconds: number,
  state: { count: number; over: boolean },
): Promise<void> {
  if (seconds === 0) return;
  let nextAt = performance.now() + seconds * 1_000;
  while (!state.over) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (performance.now() < nextAt) continue;
    nextAt = performance.now() + seconds * 1_000;
    await server.kill();
    await server.start();
    state.count++;
  }
}

function describe(conversation: Conversation<Party>, began: number): string {
  const { parties, proxies } = conversation;
  const faults = proxies.reduce((sum, { injected }) => sum + injected.length, 0);
  const seconds = Math.round((performance.now() - began) / 1_000);
  const each = parties.map(({ name, count, seen, status }) => `${name} ${status} ${count}/${seen.length}`);
  return `${seconds} s, ${faults} faults, said/heard: ${each.join(", ")}`;
}

async function footprint(conversation: Conversation<Party> | undefined): Promise<Footprint> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Twice, with a turn between: what a finished promise held goes with the second.
  collect();
  await new Promise(setImmediate);
  collect();
  return {
    handles: countBy(process.getActiveResourcesInfo()),
    heapMiB: Math.round((process.memoryUsage().heapUsed / 2 ** 20) * 10) / 10,
    connections: conversation?.proxies.reduce((sum, { counts }) => sum + counts.open, 0) ?? 0,
  };
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b)));
}
