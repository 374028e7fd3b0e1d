import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startExotelSandbox, startExpertflowCxSandbox, type ExotelSandbox } from "../../sandbox/index.ts";
import { ROOT } from "../support/source-files.ts";
import { buildIfStale } from "./build-if-stale.ts";

let sandbox: ExotelSandbox;
let browser: Browser;
let server: Server;
let base: string;

beforeAll(async () => {
  await buildIfStale();
  sandbox = await startExotelSandbox({ settings: { agentJoin: "before" } });
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
  server = createServer((request, response) => {
    const path = normalize(join(ROOT, new URL(request.url ?? "/", "http://x").pathname));
    const type = path.endsWith(".html") ? "text/html" : "text/javascript";
    readFile(path).then(
      (file) => response.writeHead(200, { "content-type": type }).end(file),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/examples`;
});

afterAll(async () => {
  await browser.close();
  server.close();
  await sandbox.stop();
});

/** Opens an example with the sandbox for its tenant. */
async function open(example: string): Promise<{ page: Page; errors: string[]; log: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  const log: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => (message.type() === "error" ? errors : log).push(message.text()));
  const config = {
    CHAT_SERVICE_DOMAIN: sandbox.chatServiceUrl,
    CMS_SERVICE_DOMAIN: sandbox.cmsServiceUrl,
    CONVERSE_BOSH_SERVICE_URL: sandbox.boshUrl,
    AUTH_TOKEN: sandbox.authToken,
    contactCenterId: sandbox.contactCenterId,
    campaignId: sandbox.campaignId,
    nodeflowId: sandbox.nodeflowId,
    processId: sandbox.processId,
  };
  await page.route("**/config.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: `window.EXOCHAT_CONFIG = ${JSON.stringify(config)};` }),
  );
  await page.goto(`${base}/${example}/index.html`);
  return { page, errors, log };
}

describe("examples", () => {
  it("exochat-script-tag: a customer starts from the icon and is answered", async () => {
    const { page, errors } = await open("exochat-script-tag");
    await page.locator("#exotel-chat-icon").click();
    await page.getByLabel("Name").fill("Jane Smith");
    await page.getByLabel("Email").fill("jane@example.com");
    await page.getByLabel("Phone").fill("+15550100200");
    await page.getByRole("button", { name: "Start chat" }).click();
    await page.getByLabel("Message").fill("Is anybody there?");
    await page.getByLabel("Message").press("Enter");
    await page.getByText("Is anybody there?").waitFor();
    const seat = await sandbox.control.seat();
    await seat.say("Yes, I am.");
    await page.getByText("Yes, I am.").waitFor();
    expect(seat.seen.map(({ body }) => body)).toContain("Is anybody there?");
    expect(errors).toEqual([]);
    await page.close();
  });

  it("bot-handoff: the agent gets the bot's context, the page draws what the agent says", async () => {
    const { page, errors, log } = await open("bot-handoff");
    await page.getByRole("button", { name: "Talk to a person" }).click();
    await expect.poll(() => log.join("\n"), { timeout: 10_000 }).toContain("Handoff complete");
    const seat = await sandbox.control.seat();
    await seat.say("Hello Jane");
    await page.getByText("Asha: Hello Jane").waitFor();
    await seat.endChat({ chatId: "CH-1", interactionId: "IN-1" });
    await page.getByText("The chat has ended (CH-1, IN-1).").waitFor();
    expect(sandbox.control.chats().at(-1)?.request).toMatchObject({
      botTransferred: true,
      botSessionInfo: { userId: "bot-user-id-123", botSessionId: "bot-session-abc" },
      additionalInfo: { intent: "billing_issue", language: "en" },
    });
    expect(errors).toEqual([]);
    await page.close();
  });

  it("node-chat: a line typed in the terminal reaches the room, and an answer the terminal", async () => {
    const { control } = sandbox.prosody;
    await control.createUser("terminal", "pencil");
    const { jid } = await control.createRoom({ name: "terminal-room", persistent: true });
    const chat = terminal(["examples/node-chat/node-chat.ts", sandbox.boshUrl, "terminal@localhost", jid], {
      CHAT_PASSWORD: "pencil",
    });
    await chat.heard("* connected");
    chat.type("hello from the terminal");
    await chat.heard("you: hello from the terminal");
    await control.sendMessage("terminal-room", { nick: "Asha", body: "hello terminal" });
    await chat.heard("Asha: hello terminal");
    chat.type("/quit");
    expect(await chat.exited).toBe(0);
    expect(chat.output()).toContain("* ended by the customer");
  });

  it("vendor-switch: the same program on Exotel and on Expertflow CX, where a number picks a button", async () => {
    const program = "examples/vendor-switch/vendor-switch.ts";
    const expertflow = await startExpertflowCxSandbox({ bot: true });
    const onExpertflow = terminal([program, "expertflow-cx", expertflow.socketUrl, "1218"]);
    await onExpertflow.heard("1) My bill is wrong");
    onExpertflow.type("1");
    await onExpertflow.heard("you: My bill is wrong");
    await onExpertflow.heard("Shall a colleague look");
    onExpertflow.type("/quit");
    expect(await onExpertflow.exited).toBe(0);
    await expertflow.stop();
    const { chatServiceUrl, boshUrl, authToken } = sandbox;
    const onExotel = terminal([program, "exotel", chatServiceUrl, boshUrl], { EXOTEL_TOKEN: authToken });
    await onExotel.heard("* connected");
    onExotel.type("hello");
    await onExotel.heard("you: hello");
    onExotel.type("/quit");
    expect(await onExotel.exited).toBe(0);
  });
});

interface Terminal {
  heard: (text: string) => Promise<void>;
  type: (line: string) => void;
  output: () => string;
  exited: Promise<unknown>;
}

/** Runs an example as somebody at a terminal does. */
function terminal(args: string[], env: Record<string, string> = {}): Terminal {
  const child = spawn(process.execPath, ["--import", "tsx", ...args], { cwd: ROOT, env: { ...process.env, ...env } });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  return {
    async heard(text) {
      await expect.poll(() => output, { timeout: 30_000 }).toContain(text);
    },
    type: (line) => void child.stdin.write(`${line}\n`),
    output: () => output,
    exited: new Promise((resolve) => child.once("exit", resolve)),
  };
}
