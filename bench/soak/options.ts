import { parseArgs } from "node:util";
import type { FaultyTransport } from "../../test/faults/support/conversation.ts";

/** Clients of others that can be put in the place of ours. */
const SOAK_PEERS = ["strophe", "stanza", "converse"] as const;
/** One of them. */
export type SoakPeer = (typeof SOAK_PEERS)[number];

/** What `npm run soak` is asked to do. */
export interface SoakOptions {
  minutes: number;
  seed: number;
  transport: FaultyTransport;
  /** Stream management on our WebSockets. */
  resumed: boolean;
  /** Somebody else's client on both sides, in Chromium, instead of our sessions. */
  peer?: SoakPeer;
  /** Messages a second of each party; without it as fast as they are accepted. */
  rate?: number;
  /** Stops earlier, after so many messages of both parties together. */
  messages?: number;
  /** Seconds between two faults, on average, both connections together; 0: none. */
  faultSeconds: number;
  /** Seconds between two kills (-9) of the server; 0: none. */
  killSeconds: number;
  storage: "internal" | "sql";
  json: boolean;
}

export const USAGE = `npm run soak -- [--minutes 5] [--seed 1] [--transport bosh|websocket] [--messages N] [--rate R]
                [--fault-seconds 3] [--kill-seconds 0] [--storage sql|internal] [--json]
                [--resumed] [--peer strophe|stanza|converse]
  --minutes        how long both parties speak; the end is awaited after that
  --seed           decides the faults; printed in the report
  --messages       stops earlier, after so many of both together
  --rate           messages a second of each party; default: as fast as they are accepted
  --fault-seconds  mean time between two faults; 0 for none
  --kill-seconds   kills the server (-9) so often, and starts it again; 0 for never
  --storage        where the server keeps its archive; both are on disk
  --json           prints one JSON object instead of a table
  --resumed        with stream management, over WebSocket
  --peer           that client on both sides, in Chromium, with its own means against outages; default: ours`;

/** Reads the command line; `undefined` when help is asked for. @throws TypeError for what is not understood. */
export function readOptions(args: string[]): SoakOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "5" },
      seed: { type: "string", default: "1" },
      transport: { type: "string", default: "bosh" },
      rate: { type: "string" },
      messages: { type: "string" },
      "fault-seconds": { type: "string", default: "3" },
      "kill-seconds": { type: "string", default: "0" },
      storage: { type: "string", default: "sql" },
      json: { type: "boolean", default: false },
      peer: { type: "string" },
      resumed: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { rate, messages, peer } = values;
  return {
    minutes: positive("minutes", values.minutes),
    seed: wholeNumber("seed", values.seed),
    transport: oneOf("transport", ["bosh", "websocket"], values.transport),
    ...(peer !== undefined && { peer: oneOf("peer", SOAK_PEERS, peer) }),
    ...(rate !== undefined && { rate: positive("rate", rate) }),
    ...(messages !== undefined && { messages: positive("messages", messages) }),
    faultSeconds: wholeOrPart("fault-seconds", values["fault-seconds"]),
    killSeconds: wholeOrPart("kill-seconds", values["kill-seconds"]),
    storage: oneOf("storage", ["sql", "internal"], values.storage),
    resumed: values.resumed,
    json: values.json,
  };
}

function wholeOrPart(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new TypeError(`--${name} must be a number, 0 or more.`);
  }
  return value;
}

function positive(name: string, text: string): number {
  const value = wholeOrPart(name, text);
  if (value === 0) throw new TypeError(`--${name} must be more than 0.`);
  return value;
}

function wholeNumber(name: string, text: string): number {
  if (!/^-?\d{1,10}$/.test(text)) throw new TypeError(`--${name} must be a whole number.`);
  return Number(text);
}

function oneOf<T extends string>(name: string, words: readonly T[], text: string): T {
  const word = words.find((each) => each === text);
  if (word === undefined) throw new TypeError(`--${name} must be one of ${words.join(", ")}.`);
  return word;
}
