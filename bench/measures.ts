import { clock } from "./agent.ts";
import type { Counts } from "./counts.ts";
import { sequentialRequests } from "./sequential-requests.ts";
import type { Contender, Route, Seat, Stage } from "./stage.ts";
import { median, percentile, rounded } from "./statistics.ts";

/** Messages the agent says at once; then it waits until the client has them, so that no queue grows anywhere. */
const BATCH = 250;
/** Messages before a CPU measurement, so that the code is warm. */
const WARM_UP = 300;

/** One line of a table: who, how, and the figures; or why there are none. */
export interface Row {
  measure: "start" | "echo" | "delivery at 50/s" | "delivery at 250/s" | "cpu" | "heap";
  peer: string;
  transport: "bosh" | "websocket";
  mechanism: "PLAIN" | "SCRAM";
  delayMs?: 0 | 100;
  /** Milliseconds; microseconds a message for `cpu`; KiB for `heap`. */
  figures?: Record<string, number>;
  samples?: number;
  /** Why this client has no figures. */
  failed?: string;
}

/** What all measurements get. */
export interface Lab {
  stage: Stage;
  mechanism: "PLAIN" | "SCRAM";
  counts: Counts;
  contenders: readonly Contender[];
  /** Told what is being done. */
  progress: (line: string) => void;
}

type Find = Pick<Row, "measure" | "delayMs">;

/** Samples by contender, taken in turns: what else the machine does meanwhile then harms all of them alike. */
class Samples {
  readonly #lab: Lab;
  readonly #values = new Map<Contender, Map<string, number[]>>();
  readonly #failed = new Map<Contender, string>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Runs `measure` for each contender that has not failed; `add` files a sample under a name. */
  async round(
    what: string,
    route: Route,
    measure: (seat: Seat, add: (name: string, value: number) => void, contender: Contender) => Promise<void>,
  ): Promise<void> {
    for (const contender of this.#lab.contenders) {
      if (this.#failed.has(contender)) continue;
      this.#lab.progress(`${what}: ${contender.kind.name}, ${contender.transport}`);
      const values = this.#values.get(contender) ?? new Map<string, number[]>();
      this.#values.set(contender, values);
      let seat: Seat | undefined;
      try {
        seat = await this.#lab.stage.seat(contender, route);
        await measure(seat, (name, value) => values.set(name, [...(values.get(name) ?? []), value]), contender);
      } catch (error) {
        this.#failed.set(contender, error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error));
      }
      await seat?.leave().catch(() => undefined);
    }
  }

  /** A row for each contender. */
  rows(find: Find, figures: (samples: (name: string) => number[]) => Record<string, number>, counted: string): Row[] {
    return this.#lab.contenders.map((contender) => {
      const values = this.#values.get(contender);
      const samples = (name: string): number[] => values?.get(name) ?? [];
      const failed = this.#failed.get(contender);
      const about = {
        ...find,
        peer: contender.kind.name,
        transport: contender.transport,
        mechanism: this.#lab.mechanism,
      };
      if (samples(counted).length === 0) return { ...about, failed: failed ?? "nothing was measured" };
      const found = Object.entries(figures(samples)).map(([name, value]) => [name, rounded(value)] as const);
      const row = { ...about, figures: Object.fromEntries(found), samples: samples(counted).length };
      return failed === undefined ? row : { ...row, failed };
    });
  }
}

/** Start to joined room, and on BOSH how many requests one after another. */
export async function measureStart(lab: Lab, delayMs: 0 | 100): Promise<Row[]> {
  const samples = new Samples(lab);
  const { boshLog } = lab.stage;
  for (let round = 0; round <= lab.counts.starts; round++) {
    await samples.round(`start at ${delayMs} ms, ${round} of ${lab.counts.starts}`, { delayMs }, async (seat, add) => {
      const { ms } = await seat.start();
      if (round > 0) add("ms", ms);
    });
  }
  const sequenceRounds = delayMs === 100 ? 3 : 0;
  for (let round = 0; round < sequenceRounds; round++) {
    await samples.round("requests in sequence", { delayMs, logged: true }, async (seat, add, { transport }) => {
      if (transport !== "bosh") return;
      boshLog.log.length = 0;
      const { joinedAt } = await seat.start();
      const aheadMs = await seat.call("readClock", lab.stage.clockUrl);
      add("requests", sequentialRequests(boshLog.log, joinedAt - aheadMs - (clock() - performance.now())));
    });
  }
  return samples.rows(
    { measure: "start", delayMs },
    (of) => ({
      median: median(of("ms")),
      p95: percentile(of("ms"), 0.95),
      ...(of("requests").some((count) => count > 0) ? { requestsInSequence: median(of("requests")) } : {}),
    }),
    "ms",
  );
}

/** Echo, and delivery at a steady 50 and 250 messages a second. */
export async function measureLatency(lab: Lab, delayMs: 0 | 100): Promise<Row[]> {
  const samples = new Samples(lab);
  const { agent, clockUrl } = lab.stage;
  const { latencyRounds, echoes, steadyMs } = lab.counts;
  for (let round = 1; round <= latencyRounds; round++) {
    await samples.round(`latency at ${delayMs} ms, ${round} of ${latencyRounds}`, { delayMs }, async (seat, add) => {
      await seat.start();
      await seat.call("echo", 3);
      for (const ms of await seat.call("echo", echoes)) add("echo", ms);
      await seat.call("readClock", clockUrl);
      let received = 0;
      for (const perSecond of [50, 250]) {
        // The first tenth of a second belongs to nobody.
        agent.burst(seat.room, "warm-up", 10);
        await agent.steady(seat.room, (perSecond * steadyMs) / 1_000, perSecond);
        received += 10 + (perSecond * steadyMs) / 1_000;
        await seat.call("received", received);
        for (const ms of await seat.call("takeLatencies")) add(`at ${perSecond}`, ms);
      }
    });
  }
  const spread = (values: number[]): Record<string, number> => ({
    median: median(values),
    p99: percentile(values, 0.99),
  });
  return [
    ...samples.rows(
      { measure: "echo", delayMs },
      (of) => ({ median: median(of("echo")), p95: percentile(of("echo"), 0.95) }),
      "echo",
    ),
    ...samples.rows({ measure: "delivery at 50/s", delayMs }, (of) => spread(of("at 50")), "at 50"),
    ...samples.rows({ measure: "delivery at 250/s", delayMs }, (of) => spread(of("at 250")), "at 250"),
  ];
}

/** Time of the page's main thread for one message. */
export async function measureCpu(lab: Lab): Promise<Row[]> {
  const samples = new Samples(lab);
  const { cpuRuns, cpuLimitMs, cpuMessages } = lab.counts;
  const spentMs = new Map<string, number>();
  for (let run = 1; run <= cpuRuns; run++) {
    await samples.round(`CPU, ${run} of ${cpuRuns}`, { delayMs: 0 }, async (seat, add, contender) => {
      const who = `${contender.kind.name} ${contender.transport}`;
      const spent = spentMs.get(who) ?? 0;
      if (spent > cpuLimitMs) return;
      const startedAt = performance.now();
      await seat.start();
      // Time the thread ran, not time that passed: other processes on the machine are not its cost.
      await seat.cdp.send("Performance.enable", { timeDomain: "threadTicks" });
      await deliver(lab, seat, 0, WARM_UP);
      const before = await taskSeconds(seat);
      await deliver(lab, seat, WARM_UP, cpuMessages);
      add("µs", (((await taskSeconds(seat)) - before) * 1e6) / cpuMessages);
      spentMs.set(who, spent + performance.now() - startedAt);
    });
  }
  return samples.rows(
    { measure: "cpu" },
    (of) => ({ median: median(of("µs")), least: Math.min(...of("µs")), most: Math.max(...of("µs")) }),
    "µs",
  );
}

/** What is left in memory, garbage collected. */
export async function measureHeap(lab: Lab): Promise<Row[]> {
  const samples = new Samples(lab);
  await samples.round("heap", { delayMs: 0 }, async (seat, add) => {
    await seat.start();
    const before = await usedKiB(seat);
    await deliver(lab, seat, 0, lab.counts.heapMessages);
    const after = await usedKiB(seat);
    add("before", before);
    add("after", after);
  });
  return samples.rows(
    { measure: "heap" },
    (of) => ({
      joined: median(of("before")),
      after: median(of("after")),
      grown: median(of("after")) - median(of("before")),
    }),
    "after",
  );
}

async function deliver({ stage }: Lab, seat: Seat, before: number, count: number): Promise<void> {
  const text = "The quick brown fox jumps over the lazy dog & says <hello>."
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");
  for (let said = 0; said < count; said += BATCH) {
    stage.agent.burst(seat.room, text, Math.min(BATCH, count - said));
    await seat.call("received", before + Math.min(count, said + BATCH));
  }
  // What a client does after it has told its listener counts too.
  await new Promise((resolve) => setTimeout(resolve, 200));
}

async function taskSeconds({ cdp }: Seat): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
}

async function usedKiB({ cdp }: Seat): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return usedSize / 1_024;
}
