import { readFile } from "node:fs/promises";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addDemoRoutes } from "../../sandbox/demo-routes.ts";
import {
  startChatSolutionSandbox,
  startExotelSandbox,
  startExpertflowCxSandbox,
  type ChatSolutionSandbox,
  type ExotelSandbox,
  type ExpertflowCxSandbox,
} from "../../sandbox/index.ts";
import { buildIfStale } from "./build-if-stale.ts";

let browser: Browser;
let exotel: ExotelSandbox;
let expertflow: ExpertflowCxSandbox;
let solution: ChatSolutionSandbox;
let shop: Page;
let desk: Page;
const problems: string[] = [];

beforeAll(async () => {
  await buildIfStale();
  expertflow = await startExpertflowCxSandbox({ bot: true });
  solution = await startChatSolutionSandbox({ bot: true });
  exotel = await startExotelSandbox({
    settings: { agentJoin: "never" },
    routes: (app, addresses, control) =>
      addDemoRoutes(app, async () => ({
        ...addresses,
        agent: await control.agentAccount(),
        expertflowCx: expertflow.addresses(),
        chatSolution: {
          ...solution.addresses(),
          queues: solution.centre.queues,
          agent: { agentId: "asha", password: "asha-secret" },
        },
      })),
  });
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
  const context = await browser.newContext();
  context.on("weberror", (error) => problems.push(error.error().message));
  [shop, desk] = await Promise.all([context.newPage(), context.newPage()]);
  await desk.goto(`${exotel.chatServiceUrl}/agent.html`);
  await shop.goto(`${exotel.chatServiceUrl}/vendors.html`);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([exotel.stop(), expertflow.stop(), solution.stop()]);
});

async function start(vendor: "exotel" | "expertflow-cx" | "chat-solution"): Promise<void> {
  await shop.selectOption("#vendor", vendor);
  await shop.getByRole("button", { name: "Chat", exact: true }).click();
}

async function says(page: Page, text: string): Promise<void> {
  await page.fill("#text", text);
  await page.keyboard.press("Enter");
}

const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name }).last().click();

it("on Expertflow CX: a bot's buttons, cards and form, then a person, files, and an outage", async () => {
  await start("expertflow-cx");
  await press(shop, "Show me your plans");
  await press(shop, "Choose Fibre 1000");
  await shop.getByText("Good choice").waitFor();
  await says(shop, "hm");
  await shop.getByText("I did not understand").waitFor();
  await press(shop, "Rate this chat");
  await shop.getByLabel("How did we do?").fill("5");
  await shop.locator("#log form button").click();
  await shop.getByText("Thank you for rating").waitFor();
  // The buttons above were for one answer.
  await says(shop, "hm");
  await shop.getByText("I did not understand").nth(1).waitFor();
  await press(shop, "A person, please");
  await press(desk, "Take Jane Smith");
  await says(desk, "Hello Jane, Asha here.");
  await shop.getByText("Hello Jane").waitFor();
  await shop.setInputFiles("#file", { name: "bill.txt", mimeType: "text/plain", buffer: Buffer.from("bill") });
  await desk.getByText("bill.txt").waitFor();
  await desk.setInputFiles("#file", { name: "answer.txt", mimeType: "text/plain", buffer: Buffer.from("answer") });
  await shop.getByText("answer.txt").waitFor();
  await fetch(`${expertflow.controlUrl}/drop-links`, { method: "POST" });
  await says(shop, "after the cut");
  await desk.getByText("after the cut").waitFor();
  await press(desk, "End chat");
  await shop.locator("#state", { hasText: "closed" }).waitFor();
  const said = expertflow.centre.chat()?.messages.map(({ body }) => body["markdownText"]);
  expect(said?.filter((text) => text === "after the cut")).toHaveLength(1);
  expect(problems).toEqual([]);
});

it("on Exotel: the same page, the same code, another transport", async () => {
  await start("exotel");
  await press(desk, "Take Jane Smith");
  await says(desk, "Hello over XMPP");
  await shop.getByText("Hello over XMPP").waitFor();
  await says(shop, "The same page");
  await desk.getByText("The same page").waitFor();
  await press(desk, "End chat");
  await shop.locator("#state", { hasText: "closed" }).waitFor();
  expect(problems).toEqual([]);
});

it("on the Chat Solution: a bot, a person by the routing, files, an outage, and the transcript", async () => {
  await start("chat-solution");
  await shop.getByText("Welcome. How can we help you?").waitFor();
  await says(shop, "Which plans are there?");
  await shop.getByText("There are three plans").waitFor();
  await says(shop, "A person, please");
  await press(desk, "Take Jane Smith");
  await says(desk, "Hello Jane, Asha again.");
  await shop.getByText("Asha again").waitFor();
  await shop.setInputFiles("#file", { name: "plan.txt", mimeType: "text/plain", buffer: Buffer.from("plan") });
  await desk.getByText("plan.txt").waitFor();
  await desk.setInputFiles("#file", { name: "offer.txt", mimeType: "text/plain", buffer: Buffer.from("offer") });
  await shop.getByText("offer.txt").waitFor();
  solution.dropLinks();
  await says(shop, "after another cut");
  await desk.getByText("Jane Smith: after another cut").waitFor();
  // A bot goes on thinking while a person is there, and the customer hears none of it.
  await desk.getByText("Helper suggests").first().waitFor();
  expect(await shop.getByText("You said: after another cut").count()).toBe(0);
  await press(desk, "End chat");
  await shop.locator("#state", { hasText: "closed" }).waitFor();
  const download = shop.waitForEvent("download");
  await press(shop, "Download the transcript");
  const bytes = await readFile(await (await download).path(), "utf8");
  expect(bytes.slice(0, 5)).toBe("%PDF-");
  expect(bytes).toContain("Hello Jane, Asha again.");
  await expect.poll(() => solution.centre.wrapUps).toMatchObject([{ by: "asha" }]);
  expect(solution.centre.textsFrom("asha")).toEqual(["Hello Jane, Asha again.", ""]);
  expect(problems).toEqual([]);
});
