import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser } from "playwright";
import { packageRoot } from "../../sandbox/support/asset-path.ts";
import type { Join } from "../../test/faults/support/conversation.ts";
import { Ears, type Party, type PartyOptions } from "../../test/faults/support/party.ts";
import type { Fate } from "../../test/faults/support/check-delivery.ts";
import { servePages } from "../stage.ts";
import type { SoakPeer } from "./options.ts";
import type { SoakNews, SoakPage, SoakPageOptions } from "./peers/page.ts";

/** A browser in which each party of a peer has a context of its own. */
export interface PeerStage {
  readonly join: Join<Party>;
  stop(): Promise<void>;
}

/** How long a message may stay without its reflection until nobody waits for it any more, milliseconds. */
const UNDECIDED_MS = 15_000;
/** How often a last word is said again that did not come back, and for how long. */
const AGAIN_MS = 5_000;
const AT_MOST_TIMES = 12;

/** Bundles the client's page and starts Chromium. */
export async function openPeerStage(peer: SoakPeer): Promise<PeerStage> {
  const folder = join(packageRoot(), ".cache", "soak");
  await bundle(folder, peer);
  const pages = await servePages(folder);
  const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
  const script = peer === "converse" ? "converse-headless.min.js" : "";
  return {
    join: (options, other) => joinPeer(browser, `${pages.url}/${peer}.html?${script}`, options, other),
    stop: async () => {
      await browser.close();
      pages.close();
    },
  };
}

async function bundle(folder: string, peer: SoakPeer): Promise<void> {
  const child = fork(fileURLToPath(new URL("peers/bundle.ts", import.meta.url)), [folder, peer]);
  const [answer] = (await Promise.race([once(child, "message"), once(child, "exit")])) as unknown[];
  child.kill("SIGKILL");
  if (answer !== "done") throw new Error(`The page of ${peer} could not be bundled.`);
}

async function joinPeer(browser: Browser, url: string, options: PartyOptions, other: string): Promise<Party> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const party = new PeerParty(options.name, other, {
    say: (text) =>
      page
        .evaluate((said) => (globalThis as unknown as { soak: SoakPage }).soak.say(said), text)
        .catch(() => undefined),
    close: async () => {
      await page.evaluate(() => (globalThis as unknown as { soak: SoakPage }).soak.stop()).catch(() => undefined);
      await context.close();
    },
  });
  await page.exposeFunction("soakNews", (news: SoakNews) => party.take(news));
  await page.goto(url);
  await page.evaluate((given) => (globalThis as unknown as { soak: SoakPage }).soak.start(given), pageOptions(options));
  return party;
}

function pageOptions({ name, connection, room }: PartyOptions): SoakPageOptions {
  const { boshUrl, websocketUrl, domain, credentials } = connection;
  if (credentials === undefined || !("username" in credentials) || domain === undefined)
    throw new TypeError("A peer needs a name and a password.");
  const { username, password } = credentials;
  const address: Pick<SoakPageOptions, "transport" | "url"> =
    websocketUrl === undefined
      ? { transport: "bosh", url: String(boshUrl) }
      : { transport: "websocket", url: String(websocketUrl) };
  return { ...address, domain, username, password, room, nick: name };
}

/** What the page can be asked to do. */
interface Remote {
  say(text: string): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * A party behind a page. The libraries do not tell what became of a message to a room, so it counts as accepted when the
 * room has reflected it, which is what an application can see.
 */
class PeerParty implements Party {
  readonly name: string;
  readonly jid = undefined;
  readonly states: string[] = ["connected"];
  readonly #other: string;
  readonly #remote: Remote;
  readonly #ears = new Ears();
  readonly #fates: Fate[] = [];
  readonly #waiting = new Map<string, (fate: Fate) => void>();

  constructor(name: string, other: string, remote: Remote) {
    this.name = name;
    this.#other = other;
    this.#remote = remote;
  }

  get status(): string {
    return this.states.at(-1) ?? "connected";
  }

  get count(): number {
    return this.#fates.length;
  }

  get sent(): Party["sent"] {
    return this.#fates.map((fate, index) => ({ number: index + 1, fate }));
  }

  get seen(): readonly number[] {
    return this.#ears.seen;
  }

  take(news: SoakNews): void {
    if (news.kind === "status") {
      if (news.status !== this.status) this.states.push(news.status);
    } else if (news.kind === "failed") this.#decide(news.text, "failed");
    else if (news.own) this.#decide(news.text, "accepted");
    else this.#ears.take(news.text, this.#other);
  }

  sendNext(): Promise<Fate> {
    this.#fates.push("open");
    return this.#say(`${this.name} ${this.#fates.length}`, UNDECIDED_MS);
  }

  async sendWord(word: string): Promise<void> {
    for (let time = 0; time < AT_MOST_TIMES; time++) {
      if ((await this.#say(`${this.name} ${word}`, AGAIN_MS)) === "accepted") return;
    }
  }

  hears(word: string): Promise<void> {
    return this.#ears.hears(word);
  }

  close(): Promise<void> {
    return this.#remote.close();
  }

  #say(text: string, limitMs: number): Promise<Fate> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve("open"), limitMs);
      this.#waiting.set(text, (fate) => {
        clearTimeout(timer);
        resolve(fate);
      });
      void this.#remote.say(text);
    });
  }

  #decide(text: string, fate: Fate): void {
    const index = Number(text.split(" ")[1]) - 1;
    // What was reflected has arrived, whatever is said about it later.
    if (this.#fates[index] !== undefined && this.#fates[index] !== "accepted") this.#fates[index] = fate;
    this.#waiting.get(text)?.(fate);
    this.#waiting.delete(text);
  }
}
