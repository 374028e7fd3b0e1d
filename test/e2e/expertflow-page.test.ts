import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ExpertflowEvent } from "../../adapters/expertflow-cx/dropin/index.ts";
import { startExpertflowCxSandbox, type ExpertflowCxSandbox } from "../../sandbox/index.ts";
import { ROOT } from "../support/source-files.ts";
import { buildIfStale } from "./build-if-stale.ts";

let cx: ExpertflowCxSandbox;
let shop: Server;
let origin: string;
let browser: Browser;
let context: BrowserContext;
let requested: string[];
let problems: string[];
let logged: string[];

beforeAll(async () => {
  await buildIfStale();
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
});
afterAll(() => browser.close());

beforeEach(async () => {
  cx = await startExpertflowCxSandbox();
  shop = createServer((request, response) => void serve(request.url ?? "/").then((answer) => response.end(answer)));
  shop.listen(0, "127.0.0.1");
  await once(shop, "listening");
  const address = shop.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  [requested, problems, logged] = [[], [], []];
  context = await browser.newContext();
  context.on("request", (request) => requested.push(request.url()));
  context.on("weberror", (error) => problems.push(error.error().message));
  context.on("console", (message) => logged.push(message.text()));
});
afterEach(async () => {
  await context.close();
  shop.close();
  await cx.stop();
});

/** A plain page of another origin than the service's. */
async function serve(path: string): Promise<Buffer | string> {
  if (path.startsWith("/dist/")) return readFile(join(ROOT, path));
  const config = { socketUrl: cx.socketUrl, serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" };
  const page = await readFile(join(ROOT, "test/e2e/expertflow-page.html"), "utf8");
  return page.replace("CONFIG", JSON.stringify(config)).replace("ORIGIN", origin);
}

async function until(page: Page, type: ExpertflowEvent["type"], count = 1): Promise<void> {
  await page.waitForFunction(`heard.filter((event) => event.type === ${JSON.stringify(type)}).length >= ${count}`);
}

/** A published function with a callback, as a promise. */
const answered = <T>(page: Page, call: string): Promise<T> =>
  page.evaluate(`new Promise((resolve) => { ${call.replace("CALLBACK", "resolve")}; })`);

describe("the script on a plain page", () => {
  it("runs the SDK's whole flow: configuration, form, chat, file, reload, survey, end", async () => {
    const page = await context.newPage();
    await page.goto(origin);

    const config = await answered<{ form: string }>(
      page,
      `widgetConfigs(${JSON.stringify(cx.ccmUrl)}, "Web", CALLBACK)`,
    );
    const form = await answered<{ sections: { attributes: { key: string }[] }[] }>(
      page,
      `getPreChatForm(${JSON.stringify(cx.formUrl)}, ${JSON.stringify(config.form)}, CALLBACK)`,
    );
    expect(form.sections[0]?.attributes.map(({ key }) => key)).toEqual(["first_name", "phone", "topic"]);
    expect(await answered<unknown[]>(page, `formValidation(${JSON.stringify(cx.formUrl)}, CALLBACK)`)).toHaveLength(3);

    await page.evaluate(`start({ serviceIdentifier: "1218", channelCustomerIdentifier: "5550100",
      browserDeviceInfo: { deviceType: "Mobile" }, queue: "", locale: {}, formData: { attributes: [] } })`);
    await until(page, "CHANNEL_SESSION_STARTED");
    const say = (text: string): Promise<unknown> =>
      page.evaluate(`sendMessage({ type: "PLAIN", header: {}, body: { type: "PLAIN", markdownText: ${JSON.stringify(text)} },
        customer: JSON.parse(sessionStorage.getItem("user")).data })`);
    await say("My bill is wrong");
    await until(page, "MESSAGE_RECEIVED");
    cx.centre.agentJoins();
    cx.centre.say("Let me look.");
    await until(page, "MESSAGE_RECEIVED", 3);

    const stored = await answered<{ name: string }>(
      page,
      `{ const form = new FormData(); form.set("file", new File(["bill"], "bill.txt", { type: "text/plain" }));
         form.set("conversationId", "12345"); uploadToFileEngine(${JSON.stringify(cx.fileServerUrl)}, form, CALLBACK) }`,
    );
    expect(cx.centre.files.get(stored.name)?.type).toBe("text/plain");

    await page.reload();
    await page.waitForFunction("resumed !== undefined");
    expect(await page.evaluate("resumed.data.map(({ body }) => body.markdownText)")).toEqual([
      "My bill is wrong",
      "",
      "Let me look.",
    ]);
    await say("Still here");
    await until(page, "MESSAGE_RECEIVED");
    expect(cx.centre.chats).toHaveLength(1);

    cx.centre.say("Rate us: https://cx.example.test/s?type=survey");
    await until(page, "MESSAGE_RECEIVED", 2);
    await page.evaluate(`chatEnd(JSON.parse(sessionStorage.getItem("user")).data)`);
    await until(page, "SOCKET_DISCONNECTED");
    expect(await page.evaluate("heard.map(({ type }) => type)")).toEqual([
      "SOCKET_CONNECTED",
      "MESSAGE_RECEIVED",
      "MESSAGE_RECEIVED",
      "CHAT_ENDED",
      "SOCKET_DISCONNECTED",
    ]);
    expect(await page.evaluate("gtm")).toEqual([
      {
        type: "gtmDataLayer",
        data: { type: "BROWSER NAVIGATED", data: { customerIdentifier: "5550100", serviceIdentifier: "1218" } },
      },
    ]);
    const foreign = requested.filter((url) => !url.startsWith(origin) && !url.startsWith(new URL(cx.socketUrl).origin));
    expect([foreign, problems, logged]).toEqual([[], [], []]);
  });

  it("lives beside exoChat's script, and both have their own names", async () => {
    const page = await context.newPage();
    await page.goto(origin);
    expect(await page.evaluate("[typeof establishConnection, typeof exoChat]")).toEqual(["function", "object"]);
    expect(problems).toEqual([]);
  });

  it("a link that breaks is told, and comes back", async () => {
    const page = await context.newPage();
    await page.goto(origin);
    await page.evaluate(`start({ serviceIdentifier: "1218", channelCustomerIdentifier: "5550100" })`);
    await until(page, "CHANNEL_SESSION_STARTED");
    cx.dropLinks();
    await until(page, "SOCKET_RECONNECTED");
    expect(await page.evaluate("heard.map(({ type }) => type)")).toEqual([
      "SOCKET_CONNECTED",
      "CHANNEL_SESSION_STARTED",
      "SOCKET_DISCONNECTED",
      "SOCKET_RECONNECTED",
    ]);
  });
});
