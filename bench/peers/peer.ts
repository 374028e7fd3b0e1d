/** Where a peer connects, and as whom. Plain JSON: it travels into the page. */
export interface PeerOptions {
  transport: "bosh" | "websocket";
  boshUrl: string;
  wsUrl: string;
  domain: string;
  username: string;
  password: string;
  /** Bare JID of the room. */
  room: string;
  nick: string;
  /** The service's REST call, for the one peer that makes it. */
  rest?: { chatServiceUrl: string; authToken: string };
}

/** What every client under measurement has to do. */
export interface Peer {
  /** From nothing to a joined room. Resolves when the client itself counts as joined. */
  start(options: PeerOptions, onMessage: (body: string) => void): Promise<void>;
  /** Says something to the room. */
  send(text: string): void;
  stop(): Promise<void>;
}

/** What the measuring process calls in the page. */
export interface BenchPage {
  /** @returns how long it took, and when it was over, in milliseconds since 1970. */
  start(options: PeerOptions): Promise<{ ms: number; joinedAt: number }>;
  /** Round trips one after another, milliseconds each. */
  echo(count: number): Promise<number[]>;
  /** Resolves when so many messages of others have come since the start, with the number of those. */
  received(count: number): Promise<number>;
  /** Milliseconds from the agent's clock to the delivery, one for each message that carried a time; forgets them. */
  takeLatencies(): number[];
  /** How far this page's clock is ahead of the measuring process's. */
  readClock(url: string): Promise<number>;
  stop(): Promise<void>;
}

const now = (): number => performance.timeOrigin + performance.now();

/** Puts a peer into the page, behind what is the same for all of them. */
export function expose(peer: Peer): void {
  const echoes = new Map<string, () => void>();
  let count = 0;
  let clockAheadMs = 0;
  let latencies: number[] = [];
  let waiting: { count: number; resolve: (count: number) => void } | undefined;

  const onMessage = (body: string): void => {
    const [kind, id = ""] = body.split(" ", 2);
    if (kind === "echo") return echoes.get(id)?.();
    if (kind === "timed") latencies.push(now() - clockAheadMs - Number(id));
    count++;
    if (waiting && count >= waiting.count) waiting.resolve(count);
    return undefined;
  };

  const echoOnce = (id: string): Promise<number> =>
    new Promise((resolve) => {
      const startedAt = performance.now();
      echoes.set(id, () => {
        echoes.delete(id);
        resolve(performance.now() - startedAt);
      });
      peer.send(`echo ${id}`);
    });

  const page: BenchPage = {
    async start(options) {
      const startedAt = performance.now();
      await peer.start(options, onMessage);
      return { ms: performance.now() - startedAt, joinedAt: now() };
    },
    async echo(times) {
      const results: number[] = [];
      for (let index = 0; index < times; index++) {
        // A pause, so that a request which happens to be free is not what is measured.
        await new Promise((resolve) => setTimeout(resolve, 5 + 10 * Math.random()));
        results.push(await echoOnce(`${index}-${Math.random()}`));
      }
      return results;
    },
    received: (wanted) =>
      new Promise((resolve) => {
        if (count >= wanted) resolve(count);
        else waiting = { count: wanted, resolve };
      }),
    takeLatencies() {
      const taken = latencies;
      latencies = [];
      return taken;
    },
    async readClock(url) {
      let best = Infinity;
      for (let index = 0; index < 20; index++) {
        const sentAt = now();
        const theirs = Number(await (await fetch(url)).text());
        const roundTripMs = now() - sentAt;
        if (roundTripMs >= best) continue;
        best = roundTripMs;
        clockAheadMs = sentAt + roundTripMs / 2 - theirs;
      }
      return clockAheadMs;
    },
    stop: () => peer.stop(),
  };
  Object.assign(globalThis, { bench: page });
}
