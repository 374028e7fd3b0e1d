import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  startExotelSandbox,
  startExpertflowCxSandbox,
  type AgentSeat,
  type ExotelSandbox,
  type ExpertflowCxSandbox,
} from "../../sandbox/index.ts";
import type { Side } from "./side-by-side-page.ts";
import { startTabsSite, type TabsSite } from "./tabs-site.ts";

/** Two customers' chats of two vendors on one page of a real Chromium, at the same time. */

const SOON = { timeout: 20_000 };

let browser: Browser;
let site: TabsSite;
let exotel: ExotelSandbox;
let cx: ExpertflowCxSandbox;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  [site, exotel, cx] = await Promise.all([
    startTabsSite("side-by-side-page.ts"),
    startExotelSandbox({ settings: { agentJoin: "before" } }),
    startExpertflowCxSandbox(),
  ]);
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
  const context = await browser.newContext();
  context.on("weberror", (error) => problems.push(error.error().message));
  page = await context.newPage();
});
afterAll(async () => {
  await browser.close();
  await Promise.all([site.close(), exotel.stop(), cx.stop()]);
});

const told = (side: Side): Promise<string[]> => page.evaluate((side) => window.sides.told[side], side);
const messages = async (side: Side, of: string): Promise<string[]> =>
  (await told(side)).flatMap((line) => (line.startsWith(`message ${of}: `) ? [line.slice(10 + of.length)] : []));
const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`);
const names = (): Promise<string[]> => page.evaluate(() => Object.getOwnPropertyNames(window).toSorted());
const keys = (): Promise<string[]> =>
  page.evaluate(() => [...Object.keys(sessionStorage), ...Object.keys(localStorage)].toSorted());
const ofSide = (all: readonly string[], side: Side): string[] => all.filter((key) => key.includes(side));
const atCx = (): string[] =>
  (cx.centre.chat()?.messages ?? []).flatMap(({ header, body }) =>
    (header["sender"] as { type: string }).type === "CUSTOMER" && body["type"] === "PLAIN"
      ? [String(body["markdownText"])]
      : [],
  );
const atExotel = (agent: AgentSeat): string[] =>
  agent.seen.flatMap(({ body = "" }) => (body.startsWith("exotel out") || body.startsWith("expertflow") ? [body] : []));

it("two vendors' chats on one page share nothing: no message, no event, no storage key, no global", async () => {
  await page.goto(`${site.origin}/elsewhere`);
  const before = await names();
  await page.goto(site.origin);
  const conversations = await page.evaluate((config) => window.sides.start(config), {
    exotel: {
      boshUrl: exotel.boshUrl,
      chatServiceUrl: exotel.chatServiceUrl,
      cmsServiceUrl: exotel.cmsServiceUrl,
      authToken: exotel.authToken,
      contactCenterId: exotel.contactCenterId,
      campaignId: exotel.campaignId,
      nodeflowId: exotel.nodeflowId,
      processId: exotel.processId,
    },
    expertflow: {
      socketUrl: cx.socketUrl,
      ccmUrl: cx.ccmUrl,
      fileServerUrl: cx.fileServerUrl,
      serviceIdentifier: "1218",
      channelCustomerIdentifier: "5550100",
    },
  });
  expect(conversations.exotel).not.toBe(conversations.expertflow);
  expect((await names()).filter((name) => !before.includes(name))).toEqual(["sides"]);

  // Everybody speaks at the same time.
  const agent = await exotel.control.seat(conversations.exotel);
  const speaking = page.evaluate(() => window.sides.sendBoth(20));
  for (let number = 1; number <= 20; number++) {
    cx.centre.say(`expertflow in ${number}`);
    await agent.say(`exotel in ${number}`);
  }
  expect(await speaking).toEqual({ exotel: 20, expertflow: 20 });
  for (const side of ["exotel", "expertflow"] as const)
    await expect.poll(() => messages(side, "agent"), SOON).toEqual(numbered(`${side} in`, 20));
  await expect.poll(() => atExotel(agent), SOON).toEqual(numbered("exotel out", 20));
  expect(atCx()).toEqual(numbered("expertflow out", 20));
  for (const side of ["exotel", "expertflow"] as const)
    expect(await messages(side, "me")).toEqual(numbered(`${side} out`, 20));

  // An outage of one is none of the other's.
  cx.dropLinks();
  await expect.poll(() => told("expertflow"), SOON).toContain("state reconnecting");
  await page.evaluate(() => window.sides.sendBoth(1));
  expect(await told("exotel")).not.toContain("state reconnecting");

  // Each keeps under its own name, and the end of one leaves the other's alone.
  const kept = await keys();
  expect(ofSide(kept, "exotel").length).toBeGreaterThan(0);
  expect(ofSide(kept, "expertflow").length).toBeGreaterThan(0);
  expect(kept).toHaveLength(ofSide(kept, "exotel").length + ofSide(kept, "expertflow").length);
  await page.evaluate(() => window.sides.end("expertflow"));
  await expect.poll(() => told("expertflow"), SOON).toContain("state closed");
  await expect.poll(async () => ofSide(await keys(), "expertflow"), SOON).toEqual([]);
  expect(ofSide(await keys(), "exotel")).toEqual(ofSide(kept, "exotel"));
  const isOver = (line: string): boolean => /^(ended|error|state closed|state reconnecting)/.test(line);
  expect((await told("exotel")).filter(isOver)).toEqual([]);
  await agent.say("still here");
  await expect.poll(() => messages("exotel", "agent"), SOON).toContain("still here");
  expect(problems).toEqual([]);
}, 90_000);
