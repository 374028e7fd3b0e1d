import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createXmppConnection, type XmppConnection } from "../../../../adapters/xmpp-muc/connection/xmpp-connection.ts";
import { parseXml } from "../../../../adapters/xmpp-muc/xml.ts";
import { exponentialBackoff } from "../../../../src/kit/backoff.ts";
import { ChatError } from "../../../../src/transport/errors.ts";
import { seededRandom } from "../../../../sandbox/faults/seeded-random.ts";

const CLIENTS = 1_000;
const OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='example.org'/>";
const features = (inner: string): string =>
  `<stream:features xmlns:stream='http://etherx.jabber.org/streams'>${inner}</stream:features>`;
const LOGIN = features(
  "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>ANONYMOUS</mechanism></mechanisms>",
);
const BIND = features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>");

/** A server that counts who knocks, and may be down. */
class CountingServer {
  up = true;
  /** Milliseconds since the epoch of each try, successful or not. */
  readonly tries: number[] = [];
  readonly #open = new Set<EventTarget>();

  readonly WebSocket: new () => EventTarget = ((server: CountingServer) =>
    class extends EventTarget {
      #loggedIn = false;
      constructor() {
        super();
        server.tries.push(Date.now());
        const { up } = server;
        if (up) server.#open.add(this);
        setImmediate(() => server.#say(this, up ? "open" : "close", { wasClean: false }));
      }
      send(frame: string): void {
        for (const data of this.#answer(frame)) setImmediate(() => server.#say(this, "message", { data }));
      }
      close(): void {
        server.#open.delete(this);
      }
      #answer(frame: string): string[] {
        const { name, attrs } = parseXml(frame);
        if (name === "open") return [OPEN, this.#loggedIn ? BIND : LOGIN];
        this.#loggedIn ||= name === "auth";
        if (name === "auth") return ["<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"];
        const jid = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@example.org/b</jid></bind>`;
        return name === "iq" ? [`<iq xmlns='jabber:client' type='result' id='${attrs["id"]}'>${jid}</iq>`] : [];
      }
    })(this);

  /** Everybody is thrown out. */
  goDown(): void {
    this.up = false;
    for (const socket of this.#open) this.#say(socket, "close", { wasClean: false });
    this.#open.clear();
  }

  #say(socket: EventTarget, type: string, facts: object): void {
    socket.dispatchEvent(Object.assign(new Event(type), facts));
  }
}

/** Lets time pass, and all that happens in it. */
async function pass(seconds: number): Promise<void> {
  for (let step = 0; step < seconds * 10; step++) {
    await vi.advanceTimersByTimeAsync(100);
    // A login has five answers, each in a task of its own.
    for (let task = 0; task < 12; task++) await new Promise(setImmediate);
  }
}

/** How many fell into each whole second after `from`. */
function perSecond(times: readonly number[], from: number): number[] {
  const counts: number[] = [];
  for (const time of times) {
    const second = Math.floor((time - from) / 1_000);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return Array.from(counts, (count: number | undefined) => count ?? 0);
}

describe("a thousand clients", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
    vi.spyOn(Math, "random").mockImplementation(seededRandom(7));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("of a server that is down for more than a minute: they come back spread out, ever more rarely, and nobody is left behind", async () => {
    const server = new CountingServer();
    const clients: XmppConnection[] = Array.from({ length: CLIENTS }, () =>
      createXmppConnection({
        websocketUrl: "ws://127.0.0.1/ws",
        domain: "example.org",
        credentials: { anonymous: true },
        WebSocket: server.WebSocket,
      }),
    );
    await Promise.all(clients.map((client) => client.connect()));
    const downAt = Date.now();
    server.tries.length = 0;
    server.goDown();
    await pass(75);
    const down = perSecond(server.tries, downAt);
    server.up = true;
    const upAt = Date.now();
    server.tries.length = 0;
    await pass(31);
    const back = perSecond(server.tries, upAt);
    console.info(`tries a second while it is down: ${down.join(" ")}; after it is up: ${back.join(" ")}`);

    // The first try is soon: an outage is mostly short. It is spread over a second, and no second has more.
    expect(Math.max(...down)).toBeLessThan(1.6 * CLIENTS);
    expect(Math.max(...down.slice(5))).toBeLessThan(0.3 * CLIENTS);
    expect(Math.max(...down.slice(30))).toBeLessThan(0.1 * CLIENTS);
    expect(Math.max(...back)).toBeLessThan(0.1 * CLIENTS);
    // Each needs one try, and all are back after the longest delay.
    expect(back.reduce((sum, count) => sum + count)).toBe(CLIENTS);
    expect(clients.filter(({ status }) => status === "online")).toHaveLength(CLIENTS);
    for (const client of clients) client.detach();
  }, 60_000);

  it("of a service that names a time come after it, and not all at that time", () => {
    const cause = new ChatError("rate-limited", "Later.", { retryAfterMs: 10_000 });
    const policy = exponentialBackoff();
    const delays = Array.from({ length: CLIENTS }, () => policy.nextDelayMs({ attempt: 1, elapsedMs: 0, cause }) ?? 0);
    const counts = perSecond(delays, 0);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...delays)).toBeLessThan(20_001);
    expect(Math.max(...counts)).toBeLessThan(0.14 * CLIENTS);
  });
});
