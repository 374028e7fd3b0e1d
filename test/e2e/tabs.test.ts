import { chromium, type Browser, type BrowserContext, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startProsody, type ProsodyServer } from "../../sandbox/index.ts";
import { XmppAgent } from "../contract/support/xmpp-agent.ts";
import { freshRoom, freshUser, type ProsodyHandle, type TestRoom } from "../integration/servers.ts";
import type { TabsConfig } from "./tabs-page.ts";
import { startTabsSite, type TabsSite } from "./tabs-site.ts";

/** Real tabs of a real Chromium, a real Prosody over BOSH. */

/** How long the slowest machine may take. */
const SOON = { timeout: 20_000 };

let prosody: ProsodyServer;
let handle: ProsodyHandle;
let site: TabsSite;
let browser: Browser;
let context: BrowserContext;
let agent: XmppAgent;
let room: TestRoom;
let config: TabsConfig;

beforeAll(async () => {
  site = await startTabsSite();
  prosody = await startProsody();
  handle = { kind: "prosody", ...prosody.addresses(), control: prosody.control };
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    // Playwright switches off what one of these tests is about.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
});
afterAll(async () => {
  await browser.close();
  await prosody.stop();
  await site.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  const [customer, staff] = await Promise.all([freshUser(handle), freshUser(handle, "agent")]);
  room = await freshRoom(handle, { owners: [staff.jid], members: [customer.jid], moderated: false });
  agent = await XmppAgent.join(handle, staff, room);
  const { boshUrl, domain } = handle;
  config = { wire: { boshUrl }, domain, room: room.jid, customer, agent: staff.jid };
});
afterEach(async () => {
  await context.close();
  await agent.close();
});

async function newTab(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.origin);
  await page.evaluate((config) => window.tabs.start(config), config);
  return page;
}

const heard = (page: Page): Promise<string[]> => page.evaluate(() => window.tabs.heard);
const accepted = (page: Page): Promise<number> => page.evaluate(() => window.tabs.accepted);
const deliveries = (page: Page): Promise<string[]> => page.evaluate(() => window.tabs.deliveries);
const status = (page: Page): Promise<string> => page.evaluate(() => window.tabs.status);
const atAgent = (): string[] => agent.sent.flatMap(({ text }) => text ?? []);
const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** Everybody in the room, once for each connection. */
async function occupants(): Promise<string[]> {
  const { occupants } = await prosody.control.describeRoom(room.jid);
  return occupants.flatMap(({ nick, jids }) => jids.map(() => nick)).toSorted();
}

async function crash(page: Page): Promise<void> {
  const gone = new Promise<void>((resolve) => void page.once("crash", () => resolve()));
  const session = await context.newCDPSession(page);
  // It never answers: the page is gone.
  session.send("Page.crash").catch(() => undefined);
  await gone;
}

describe("two tabs in Chromium", () => {
  it("are one occupant, and each message is in both", async () => {
    const [first, second] = [await newTab(), await newTab()];
    expect(await occupants()).toEqual(["Asha", "Ravi"]);
    await first.evaluate(() => window.tabs.send(["from the first"]));
    await second.evaluate(() => window.tabs.send(["from the second"]));
    await agent.sayText("from the agent");
    const all = ["from the first", "from the second", "from the agent"];
    await expect.poll(async () => [await heard(first), await heard(second)], SOON).toEqual([all, all]);
    expect(atAgent()).toEqual(["from the first", "from the second"]);
    expect(await second.evaluate(() => window.tabs.provisioned)).toBe(0);
  });

  it("show what waits in the other, and what becomes of it", async () => {
    const [first, second] = [await newTab(), await newTab()];
    await context.setOffline(true);
    const sending = second.evaluate(() => window.tabs.send(["one", "two"]));
    await expect.poll(() => deliveries(first), SOON).toEqual([expect.stringMatching(/^one /), "two queued"]);
    await context.setOffline(false);
    expect(await sending).toBe(2);
    await expect.poll(() => deliveries(first), SOON).toEqual(["one accepted", "two accepted"]);
    expect(atAgent()).toEqual(["one", "two"]);
  });

  it("end together when the customer ends the chat in one", async () => {
    const [first, second] = [await newTab(), await newTab()];
    await second.evaluate(() => window.tabs.end());
    await expect.poll(() => status(first), SOON).toBe("closed");
    await expect.poll(occupants, SOON).toEqual(["Asha"]);
  });
});

describe.each([
  ["closed", "BOSH", (page: Page) => page.close()],
  ["crashed", "BOSH", crash],
  ["closed", "WebSocket", (page: Page) => page.close()],
  ["crashed", "WebSocket", crash],
] as const)(
  "when the tab with the connection is %s in the middle of sending over %s, again and again",
  (_how, wire, kill) => {
    it("nothing is lost, doubled or out of order, and no ghost stays in the room", { timeout: 120_000 }, async () => {
      if (wire === "WebSocket") config = { ...config, wire: { websocketUrl: handle.wsUrl } };
      const tabs = [await newTab(), await newTab()];
      const kept: string[] = [];
      const left: string[] = [];
      const said: string[] = [];
      for (let round = 0; round < 4; round++) {
        const [leader, next] = tabs.slice(-2) as [Page, Page];
        const texts = numbered(`out${round}.`, 12);
        kept.push(...texts);
        const sending = next.evaluate((texts) => window.tabs.send(texts), texts);
        const dyingTexts = numbered(`dying${round}.`, 12);
        left.push(...dyingTexts);
        const dying = leader.evaluate((texts) => window.tabs.send(texts), dyingTexts).catch(() => 0);
        const says = numbered(`in${round}.`, 6);
        said.push(...says);
        const talking = (async () => {
          for (const text of says) await agent.sayText(text);
        })();
        await expect.poll(() => accepted(next), { ...SOON, interval: 1 }).toBeGreaterThan(round * 2);
        await kill(leader);
        expect(await sending).toBe(12);
        await talking;
        await dying;
        expect(await next.evaluate(() => window.tabs.failed)).toEqual([]);
        await expect
          .poll(async () => (await heard(next)).filter((text) => text.startsWith(`in${round}.`)), SOON)
          .toEqual(says);
        tabs.push(await newTab());
      }
      const [survivor] = tabs.slice(-2) as [Page];
      // What a tab leaves behind another one sends.
      await expect.poll(() => atAgent().filter((text) => text.startsWith("dying")), SOON).toEqual(left);
      const arrived = atAgent();
      expect(arrived.filter((text) => text.startsWith("out"))).toEqual(kept);
      expect(new Set(arrived).size).toBe(arrived.length);
      const told = await heard(survivor);
      expect(new Set(told).size).toBe(told.length);
      await expect.poll(occupants, SOON).toEqual(["Asha", "Ravi"]);
      expect(said).toHaveLength(24);
    });
  },
);

describe("where a browser has no Web Locks", () => {
  beforeEach(() => context.addInitScript(() => Object.defineProperty(navigator, "locks", { value: undefined })));

  const alone = async (first: Page, second: Page): Promise<void> => {
    await first.evaluate(() => window.tabs.send(["from the first"]));
    await second.evaluate(() => window.tabs.send(["from the second"]));
    const all = ["from the first", "from the second"];
    await expect.poll(async () => [await heard(first), await heard(second)], SOON).toEqual([all, all]);
    expect(await second.evaluate(() => window.tabs.provisioned)).toBe(1);
    await first.evaluate(() => window.tabs.end());
    // One leaves, and the other does not notice.
    await second.evaluate(() => window.tabs.send(["still here"]));
    await expect.poll(() => atAgent().at(-1), SOON).toBe("still here");
    expect(await status(second)).toBe("connected");
  };

  it("each tab stands alone, under a name of its own where it has an account of its own", async () => {
    const first = await newTab();
    config = { ...config, customer: await freshUser(handle) };
    const second = await newTab();
    await expect.poll(occupants, SOON).toEqual(["Asha", "Ravi", "Ravi-2"]);
    await alone(first, second);
  });

  it("tabs with one account stand alone, too, and are one occupant where the room lets one account be there twice", async () => {
    const [first, second] = [await newTab(), await newTab()];
    await expect.poll(occupants, SOON).toEqual(["Asha", "Ravi", "Ravi"]);
    await alone(first, second);
  });
});

describe("the back/forward cache", () => {
  it("a tab that is put aside lets the other go on, and follows it when it comes back", async () => {
    const [first, second] = [await newTab(), await newTab()];
    await first.evaluate(() => window.tabs.send(["before"]));
    await first.goto(`${site.origin}/elsewhere`);
    await second.evaluate(() => window.tabs.send(["meanwhile"]));
    expect(await second.evaluate(() => window.tabs.provisioned)).toBe(0);
    // A page that is restored does not load again.
    await first.goBack({ waitUntil: "commit" });
    expect(await first.evaluate(() => window.tabs.restored)).toBe(1);
    await expect.poll(() => heard(first), SOON).toEqual(["before", "meanwhile"]);
    await first.evaluate(() => window.tabs.send(["back again"]));
    await expect.poll(() => heard(second), SOON).toEqual(["before", "meanwhile", "back again"]);
    expect(await occupants()).toEqual(["Asha", "Ravi"]);
  });
});
