import { chromium, type Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatSolutionService, xmppService } from "./agent-story-services.ts";
import { tellStory, type StoryService } from "./agent-story.ts";
import { startTabsSite, type TabsSite } from "./tabs-site.ts";

/** One story, from the customer's first click to the transcript, in a real Chromium with a page for each person. */

let browser: Browser;
let site: TabsSite;

beforeAll(async () => {
  site = await startTabsSite("agent-story-page.ts");
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

/** @returns what was left out. */
async function tell(name: string, starting: Promise<StoryService>): Promise<string[]> {
  const service = await starting;
  const context = await browser.newContext();
  const problems: string[] = [];
  context.on("weberror", (error) => problems.push(error.error().message));
  try {
    const leftOut = await tellStory(service, context, site.origin);
    console.info([`${name} leaves out:`, ...(leftOut.length > 0 ? leftOut : ["nothing"])].join("\n  "));
    expect(problems).toEqual([]);
    return leftOut;
  } finally {
    await context.close();
    await service.stop();
  }
}

describe("a customer, a bot, two agents and a supervisor", () => {
  it("on Chat Solution, where ActiveMQ ends rings: every step", async () => {
    expect(await tell("Chat Solution with amq", chatSolutionService(true))).toEqual([]);
  }, 120_000);

  it("on Chat Solution as its guide has it: every step but the ring that ends", async () => {
    expect(await tell("Chat Solution", chatSolutionService(false))).toEqual(["the other's ring ends (requestEnds)"]);
  }, 120_000);

  it("in an XMPP room: every step but those for which rooms have no word", async () => {
    expect(await tell("XMPP", xmppService())).toEqual([
      "the bot answers (bot)",
      "the bot hands over (bot)",
      "the other's ring ends (requestEnds)",
      "who accepts second gets a conflict (one-taker)",
      "the wrap-up reaches the centre (wrapUp)",
      "the customer downloads the transcript (pdf)",
    ]);
  }, 120_000);
});
