import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Browser, type Frame, type Page } from "playwright";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expertflowChat } from "../../adapters/expertflow-chat/index.ts";
import type { PortalConfig } from "../../examples/crm-portal/page.ts";
import { startChatSolutionSandbox, type ChatSolutionSandbox } from "../../sandbox/index.ts";
import { createChatSession, type ChatSession } from "../../src/index.ts";
import { ROOT } from "../support/source-files.ts";

/** The CRM with its desk in an iframe of another origin, in Chromium, touched by nothing but the keyboard. */

const FOLDER = join(ROOT, "examples/crm-portal");

let browser: Browser;
let server: Server;
let solution: ChatSolutionSandbox;
let page: Page;
let desk: Frame;
let customer: ChatSession;
const problems: string[] = [];

beforeAll(async () => {
  solution = await startChatSolutionSandbox();
  solution.centre.greeting = "";
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
  server = await startSite();
  customer = createChatSession(
    expertflowChat({ url: solution.url, transports: ["websocket"], extraFields: { accountNumber: "A-17" } }),
  );
});

afterAll(async () => {
  await customer.close();
  await browser.close();
  server.close();
  server.closeAllConnections();
  await solution.stop();
});

/** Both pages, on two names of this machine: two origins. */
async function startSite(): Promise<Server> {
  const scripts = new Map<string, string>();
  for (const name of ["crm-portal", "desk"]) scripts.set(`/${name}.js`, await bundle(name));
  const site = createServer((request, response) => {
    const path = request.url ?? "/";
    const script = scripts.get(path);
    if (script !== undefined) response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    else if (path === "/config.json") response.writeHead(200).end(JSON.stringify(config()));
    else
      readFile(join(FOLDER, path)).then(
        (file) =>
          response.writeHead(200, { "content-type": `text/${path.endsWith(".css") ? "css" : "html"}` }).end(file),
        () => response.writeHead(404).end(),
      );
  });
  await new Promise<void>((resolve) => void site.listen(0, "127.0.0.1", resolve));
  return site;
}

async function bundle(name: string): Promise<string> {
  const shim = (library: string): string => join(ROOT, `scripts/shims/${library}.mjs`);
  const build = await rolldown({
    input: join(FOLDER, `${name}.ts`),
    platform: "browser",
    resolve: {
      alias: {
        events: shim("events"),
        "@xmpp/jid": shim("jid"),
        "switchboard-chat/agent": join(ROOT, "src/agent/index.ts"),
        "switchboard-chat/adapters": join(ROOT, "adapters"),
      },
    },
    transform: { target: "es2022", define: { __VERSION__: '"test"', "process.env.NODE_ENV": '"production"' } },
  });
  const { output } = await build.generate({ format: "esm", codeSplitting: false });
  await build.close();
  return output[0].code;
}

function config(): PortalConfig {
  const { port } = server.address() as AddressInfo;
  return {
    crmOrigin: `http://127.0.0.1:${port}`,
    deskUrl: `http://localhost:${port}/desk.html`,
    service: { vendor: "chat-solution", url: solution.url, domains: ["General"] },
  };
}

/** Goes to the control of that name with Tab alone, as somebody without a mouse does. */
async function tabTo(name: string): Promise<void> {
  for (let steps = 0; steps < 40; steps++) {
    if ((await focused()).includes(name)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never came to "${name}", last at "${await focused()}".`);
}

const focused = (): Promise<string> =>
  desk.evaluate(() => {
    const { activeElement: element } = document;
    if (element instanceof HTMLButtonElement) return element.textContent;
    return element && "labels" in element ? ((element as HTMLInputElement).labels?.[0]?.textContent ?? "") : "";
  });

async function violations(): Promise<string[]> {
  const found = [];
  for (const frame of [page.mainFrame(), desk]) {
    await frame.addScriptTag({ path: join(ROOT, "node_modules/axe-core/axe.min.js") });
    found.push(
      ...(await frame.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        const { violations } = await axe.run({ iframes: false });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("  ")}`);
      })),
    );
  }
  return found;
}

it("accepts, answers and wraps up by keyboard alone, and the record beside it is filled by the bridge", async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
  await page.goto(`${config().crmOrigin}/index.html`);
  await page.frameLocator("#desk").getByLabel("Agent", { exact: true }).waitFor();
  const frame = page.frames().find((each) => each.url() === config().deskUrl);
  if (!frame) throw new Error("There is no desk in the page.");
  desk = frame;

  await tabTo("Agent");
  await page.keyboard.type("asha");
  await tabTo("Password");
  await page.keyboard.type("asha-secret");
  await page.keyboard.press("Enter");
  await desk.getByText("Signed in as Asha Rao.").waitFor();
  await tabTo("Ready for chats");
  await page.keyboard.press("Space");
  await page.getByText("Asha Rao is ready.").waitFor();

  await customer.start({ customer: { name: "Jane Smith", email: "jane@shop.example" } });
  await customer.requestAgent();
  await customer.send("My bill is wrong").accepted;
  await page.getByText("Jane Smith is waiting.").waitFor();
  await tabTo("Accept Jane Smith");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Jane Smith" }).waitFor();
  const record = page.locator("#record");
  await expect.poll(() => record.textContent()).toContain("jane@shop.example");
  expect(await record.textContent()).toContain("accountNumberA-17");
  await desk.getByText("Jane Smith: My bill is wrong").waitFor();

  // The conversation has the focus by itself.
  await expect.poll(focused).toContain("Message");
  await page.keyboard.type("Let me see.");
  await page.keyboard.press("Enter");
  await desk.getByText("You: Let me see.").waitFor();
  await expect
    .poll(() => customer.messages.map(({ body }) => body))
    .toContainEqual({ kind: "text", text: "Let me see." });
  expect(await violations()).toEqual([]);

  await tabTo("End chat");
  await page.keyboard.press("Enter");
  await page.getByText("Chat with Jane Smith: 1 messages of the customer").waitFor();
  await expect.poll(focused).toContain("Reason");
  await page.keyboard.press("ArrowDown");
  await tabTo("Note");
  await page.keyboard.type("refunded");
  await page.keyboard.press("Enter");
  await page.getByText("Wrap-up: Complaint, refunded").waitFor();
  await expect.poll(() => solution.centre.wrapUps).toMatchObject([{ by: "asha", text: "Complaint: refunded" }]);
  await expect.poll(() => desk.locator("#tabs li").count()).toBe(0);
  expect(customer.state.status).toBe("closed");
  expect(await violations()).toEqual([]);
  expect(problems).toEqual([]);
}, 90_000);
