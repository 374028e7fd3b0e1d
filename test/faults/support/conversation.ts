import { fastLogin, streamManagement } from "../../../adapters/xmpp-muc/index.ts";
import {
  createFaultPlan,
  createHttpFaultProxy,
  createTcpFaultProxy,
  HTTP_FAULT_KINDS,
  TCP_FAULT_KINDS,
  type FaultProxy,
  type ProsodyControl,
} from "../../../sandbox/index.ts";
import type { ProsodyAddresses } from "../../../sandbox/index.ts";
import type { EjabberdHandle } from "../../integration/servers.ts";
import { checkDelivery, type Delivery } from "./check-delivery.ts";
import { joinParty, type Party, type PartyOptions, type SessionParty } from "./party.ts";

/** The transports under test. */
export type FaultyTransport = "bosh" | "websocket";

/** Two parties in a room of their own, each behind a fault proxy of its own. */
export interface Conversation<P extends Party = SessionParty> {
  readonly room: string;
  readonly parties: readonly [P, P];
  readonly proxies: readonly [FaultProxy, FaultProxy];
  /** Faults on, or off. */
  quiet(value: boolean): void;
  /** What is wrong, by direction. */
  check(): Record<"asha to ravi" | "ravi to asha", Delivery>;
  /** One line: what was done to it, and how much was said. */
  summary(): string;
  close(): Promise<void>;
}

/** What decides a conversation. */
export interface ConversationOptions {
  server: (ProsodyAddresses & { control: ProsodyControl; kind?: "prosody" }) | EjabberdHandle;
  transport: FaultyTransport;
  seed: number;
  /** Exchanges or pieces between two faults; with a clock its unit. Without it nothing breaks. */
  mean?: number;
  clock?: () => number;
  /** See `FaultProxyOptions`. */
  halfOpenMs?: number;
  /** Stream management on both WebSockets. */
  resumed?: boolean;
  /** Logins with SASL2 and FAST on both WebSockets; the server at `wsUrl` must offer them. */
  fast?: boolean;
  /** Of both sessions. */
  session?: Pick<PartyOptions, "session">["session"];
}

/** Brings a party into a room; `other` is whose numbers it writes down. */
export type Join<P extends Party> = (options: PartyOptions, other: string) => Promise<P>;

/** {@link openJoined} with our own sessions. */
export function openConversation(options: ConversationOptions): Promise<Conversation> {
  const { resumed, fast } = options;
  return openJoined(options, (party, other) =>
    joinParty(party, other, { ...(resumed && { streamManagement }), ...(fast && { fast: fastLogin() }) }),
  );
}

/** Opens both chats while the network is quiet: the very first connect is not repeated, by contract. */
export async function openJoined<P extends Party>(
  options: ConversationOptions,
  join: Join<P>,
): Promise<Conversation<P>> {
  const { server, transport, seed, session } = options;
  const name = `faults-${crypto.randomUUID().slice(0, 13)}`;
  const room = await createRoom(server, name);
  const open = async (who: string, other: string, seed: number): Promise<[P, FaultProxy]> => {
    const proxy = await createProxy(options, seed);
    proxy.quiet();
    const username = `${who}-${name}`;
    const password = crypto.randomUUID();
    if (server.kind === "ejabberd") await server.control.registerUser(username, password);
    else await server.control.createUser(username, password);
    const address = transport === "bosh" ? { boshUrl: proxy.url } : { websocketUrl: proxy.url };
    const connection = { ...address, domain: server.domain, credentials: { username, password } };
    return [await join({ name: who, connection, room, ...(session && { session }) }, other), proxy];
  };
  const [asha, ashaProxy] = await open("asha", "ravi", seed);
  const [ravi, raviProxy] = await open("ravi", "asha", seed ^ 0x5bd1e995);
  const proxies = [ashaProxy, raviProxy] as const;
  return {
    room,
    parties: [asha, ravi],
    proxies,
    quiet: (value) => {
      for (const proxy of proxies) proxy.quiet(value);
    },
    check: () => ({
      "asha to ravi": checkDelivery(asha.sent, ravi.seen),
      "ravi to asha": checkDelivery(ravi.sent, asha.seen),
    }),
    summary: () => summarize(options, [asha, ravi], proxies),
    close: async () => {
      for (const proxy of proxies) proxy.quiet();
      await Promise.all([asha.close(), ravi.close()]);
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
}

async function createRoom(server: ConversationOptions["server"], name: string): Promise<string> {
  if (server.kind === "ejabberd") return server.control.createRoom({ name });
  return (await server.control.createRoom({ name, persistent: true, history: 50 })).jid;
}

function createProxy(
  { server, transport, mean, clock, halfOpenMs }: ConversationOptions,
  seed: number,
): Promise<FaultProxy> {
  const durations = { durationMs: [20, 600] as const };
  const more = { ...(clock && { clock }), ...(halfOpenMs !== undefined && { halfOpenMs }) };
  if (transport === "bosh") {
    const plan =
      mean === undefined ? {} : { plan: createFaultPlan({ seed, mean, kinds: HTTP_FAULT_KINDS, ...durations }) };
    return createHttpFaultProxy({ target: server.boshUrl, ...plan, ...more });
  }
  const plan =
    mean === undefined ? {} : { plan: createFaultPlan({ seed, mean, kinds: TCP_FAULT_KINDS, ...durations }) };
  return createTcpFaultProxy({ target: server.wsUrl, ...plan, ...more });
}

function summarize(
  { server, transport, seed, resumed }: ConversationOptions,
  parties: readonly Party[],
  proxies: readonly FaultProxy[],
): string {
  const kinds = new Map<string, number>();
  for (const { kind } of proxies.flatMap(({ injected }) => injected)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const faults = Array.from(kinds, ([kind, count]) => `${kind} ${count}`).join(", ");
  const says = parties.map(({ name, sent, seen, states }) => {
    const failed = sent.filter(({ fate }) => fate === "failed").length;
    const losses = states.filter((state) => state === "reconnecting").length;
    return `${name} sent ${sent.length} (${failed} failed), saw ${seen.length}, reconnecting ${losses}`;
  });
  return `${server.kind ?? "prosody"} ${transport}${resumed ? ", resumed," : ""} seed ${seed}: ${says.join("; ")}; ${faults || "no faults"}`;
}
