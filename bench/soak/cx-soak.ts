// `npm run soak -- --vendor expertflow-cx`: a customer's chat on the sandbox of Expertflow CX, over a network that breaks. The
// protocol has no id of the sender's, so what became of a message may be unknown: each of those is compared with what the
// contact centre really has.
import { parseArgs } from "node:util";
import { expertflowCx } from "../../adapters/expertflow-cx/index.ts";
import {
  createFaultPlan,
  createHttpFaultProxy,
  createTcpFaultProxy,
  HTTP_FAULT_KINDS,
  startExpertflowCxSandbox,
  TCP_FAULT_KINDS,
  type CxChat,
  type ExpertflowCxSandbox,
  type FaultProxy,
} from "../../sandbox/index.ts";
import { createChatSession, exponentialBackoff, type ChatSession, type SendHandle } from "../../src/index.ts";
import { checkDelivery, type Delivery, type Fate } from "../../test/faults/support/check-delivery.ts";

/** From what the client can learn what it missed. */
const SOURCES = ["history", "transcript", "nothing"] as const;

/** What it is asked to do. */
export interface CxSoakOptions {
  minutes: number;
  seed: number;
  transport: "polling" | "websocket";
  /** Stops earlier, after so many of the customer's. */
  messages: number;
  /** What a resume and the services say of the past. */
  knows: (typeof SOURCES)[number];
}

/** What became of it. */
export interface CxSoakReport {
  options: CxSoakOptions;
  seconds: number;
  sent: number;
  accepted: number;
  failed: number;
  /** Messages of unknown outcome, with what the contact centre says: `true` when it has them. None of them is accepted. */
  unknown: { number: number; isThere: boolean }[];
  /** Of all the others. */
  customer: Delivery;
  agent: Delivery;
  unrepairedGaps: number;
  faults: number;
}

export const CX_USAGE = `npm run soak -- --vendor expertflow-cx [--minutes 5] [--messages N] [--seed 1]
                [--transport polling|websocket] [--knows history|transcript|nothing]
  --knows          what tells the client of the time of an outage: the history of the resume, only the transcript, or nothing`;

/** Reads the command line. @throws TypeError for what is not understood. */
export function readCxOptions(args: string[]): CxSoakOptions {
  const { values } = parseArgs({
    args,
    options: {
      vendor: { type: "string" },
      minutes: { type: "string", default: "5" },
      messages: { type: "string", default: "1000000" },
      seed: { type: "string", default: "1" },
      transport: { type: "string", default: "polling" },
      knows: { type: "string", default: "history" },
    },
  });
  const knows = SOURCES.find((source) => source === values.knows);
  const [minutes, messages, seed] = [Number(values.minutes), Number(values.messages), Number(values.seed)];
  if (values.vendor !== "expertflow-cx" || !knows || !(minutes > 0) || !(messages > 0) || !Number.isInteger(seed))
    throw new TypeError(CX_USAGE);
  return { minutes, messages, seed, knows, transport: values.transport === "websocket" ? "websocket" : "polling" };
}

/** Speaks until the time is over, waits until it is known what became of everything, and compares. */
export async function soakCx(options: CxSoakOptions): Promise<CxSoakReport> {
  const cx = await startExpertflowCxSandbox({ ping: { intervalMs: 400, timeoutMs: 400 } });
  const proxy = await createProxy(cx, options);
  const session = createSession(cx, proxy, options);
  try {
    return await speak(cx, proxy, session, options);
  } finally {
    proxy.quiet();
    await session.close();
    await proxy.close();
    await cx.stop();
  }
}

async function speak(
  cx: ExpertflowCxSandbox,
  proxy: FaultProxy,
  session: ChatSession,
  options: CxSoakOptions,
): Promise<CxSoakReport> {
  const seen: number[] = [];
  let unrepairedGaps = 0;
  session.on(
    "message",
    ({ from, body }) => void (!from.isSelf && body.kind === "text" && seen.push(Number(body.text))),
  );
  session.on("gap", ({ repaired }) => void (repaired || unrepairedGaps++));
  await session.start({ customer: { name: "Ravi" } });
  const chat = cx.centre.chat();
  if (!chat) throw new Error("There is no chat.");
  // Where the resume is to say nothing of the past it says so each time.
  if (options.knows !== "history")
    cx.centre.faults.resumes.push(...Array.from({ length: 100_000 }, () => "empty" as const));
  proxy.quiet(false);
  const startedAt = Date.now();
  const handles: SendHandle[] = [];
  while (handles.length < options.messages && Date.now() - startedAt < options.minutes * 60_000) {
    const number = handles.length + 1;
    const handle = session.send(String(number), { timeoutMs: 2_000 });
    handles.push(handle);
    cx.centre.say(String(number), {}, chat);
    await handle.accepted.catch(() => undefined);
  }
  proxy.quiet(true);
  // What comes after everything else: it is through when everything else is.
  for (let fence = session.send("0"); (await fence.accepted.catch(() => undefined)) === undefined;)
    fence = session.send("0");
  return {
    ...compare(handles, seen, chat),
    options,
    unrepairedGaps,
    faults: proxy.injected.length,
    seconds: Math.round((Date.now() - startedAt) / 1_000),
  };
}

type Comparison = Pick<CxSoakReport, "sent" | "accepted" | "failed" | "unknown" | "customer" | "agent">;

/** Against the contact centre's own ledger. */
function compare(handles: readonly SendHandle[], seen: readonly number[], chat: CxChat): Comparison {
  const ledger = numbersOf(chat);
  const isUnknown = ({ message }: SendHandle): boolean => message.error?.code === "unknown-outcome";
  const told = handles.map((handle, index) => ({ handle, number: index + 1, fate: fateOf(handle) }));
  const unknown = told
    .filter(({ handle }) => isUnknown(handle))
    .map(({ number }) => ({ number, isThere: ledger.includes(number) }));
  const isKnown = (number: number): boolean => unknown.every((each) => each.number !== number);
  const said = handles.map((_, index) => ({ number: index + 1, fate: "accepted" as const }));
  return {
    sent: handles.length,
    accepted: told.filter(({ fate }) => fate === "accepted").length,
    failed: told.filter(({ handle, fate }) => fate === "failed" && !isUnknown(handle)).length,
    unknown,
    customer: checkDelivery(
      told.filter(({ number }) => isKnown(number)),
      ledger.filter((number) => number > 0 && isKnown(number)),
    ),
    agent: checkDelivery(said, seen),
  };
}

/** Nothing is wrong, nothing of unknown outcome counts as accepted, and there is none where something could tell. */
export function isCxClean({
  options,
  unknown,
  customer,
  agent,
  sent,
  accepted,
  failed,
  unrepairedGaps,
}: CxSoakReport): boolean {
  const knows = options.knows !== "nothing";
  const isNone = (list: readonly number[]): boolean => list.length === 0;
  const { lost, unreported, ...rest } = agent;
  // What nobody can tell the customer is said by a gap that was not repaired.
  const heard = [lost, unreported].every(isNone) || (!knows && unrepairedGaps > 0);
  const lists: (readonly number[])[] = [...Object.values<number[]>({ ...customer }), ...Object.values(rest)];
  const whole = lists.every(isNone) && heard;
  return whole && sent > 0 && accepted + failed + unknown.length === sent && !(knows && unknown.length > 0);
}

/** The report for people. */
export function toCxText(report: CxSoakReport): string {
  const { options, sent, accepted, failed, unknown, faults, seconds, unrepairedGaps, customer, agent } = report;
  const there = unknown.filter(({ isThere }) => isThere).length;
  const counts = (delivery: Delivery): string =>
    Object.entries(delivery)
      .map(([what, list]: [string, readonly number[]]) => `${what} ${list.length}`)
      .join(", ");
  return [
    `Soak of an Expertflow CX chat over ${options.transport}, which knows ${options.knows}, seed ${options.seed}: ${seconds} s, ${faults} faults`,
    `${sent} sent: ${accepted} accepted, ${failed} failed, ${unknown.length} of unknown outcome, of which the contact centre has ${there}`,
    ...unknown.map(({ number, isThere }) => `  ${number}: ${isThere ? "the contact centre has it" : "it never came"}`),
    `customer's (known outcome): ${counts(customer)}`,
    `agent's: ${counts(agent)}; ${unrepairedGaps} gaps told as not repaired`,
    isCxClean(report) ? "Nothing is wrong." : "SOMETHING IS WRONG.",
  ].join("\n");
}

function createSession(cx: ExpertflowCxSandbox, proxy: FaultProxy, { transport, knows }: CxSoakOptions): ChatSession {
  return createChatSession(
    expertflowCx({
      socketUrl: proxy.via(cx.socketUrl),
      ...(knows === "transcript" && { ccmUrl: cx.ccmUrl }),
      serviceIdentifier: "1218",
      channelCustomerIdentifier: "5550100",
      transports: [transport],
      reconnect: exponentialBackoff({ baseMs: 50, maxMs: 1_000 }),
    }),
  );
}

function createProxy({ socketUrl: target }: ExpertflowCxSandbox, options: CxSoakOptions): Promise<FaultProxy> {
  const common = { seed: options.seed, durationMs: [20, 400] as const };
  if (options.transport === "websocket")
    return createTcpFaultProxy({
      target,
      plan: createFaultPlan({ ...common, mean: 20, kinds: TCP_FAULT_KINDS }),
      halfOpenMs: 1_000,
    });
  // What the protocol cannot notice, because it numbers nothing, is left out.
  const kinds = HTTP_FAULT_KINDS.filter((kind) => kind !== "duplicate-request" && kind !== "truncate-answer");
  return createHttpFaultProxy({ target, plan: createFaultPlan({ ...common, mean: 12, kinds }), halfOpenMs: 1_000 });
}

function fateOf({ status }: SendHandle): Fate {
  if (status === "failed") return "failed";
  return status === "queued" || status === "sent" ? "open" : "accepted";
}

function numbersOf({ messages }: CxChat): number[] {
  return messages.flatMap(({ header, body }) => {
    const { type } = header["sender"] as { type: string };
    return type === "CUSTOMER" ? [Number(body["markdownText"])] : [];
  });
}
