import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { xml } from "@xmpp/client";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addDemoRoutes } from "../../sandbox/demo-routes.ts";
import { startExotelSandbox, type ExotelSandbox, type ExotelSandboxOptions } from "../../sandbox/index.ts";
import { ROOT } from "../support/source-files.ts";
import { configFor } from "../integration/headless-customer.ts";
import { rawClient } from "../integration/raw-client.ts";
import { buildIfStale } from "./build-if-stale.ts";

const LIMIT = 50_000;
let exotel: ExotelSandbox;
let defaults: ReturnType<ExotelSandbox["control"]["settings"]>;
let browser: Browser;
let context: BrowserContext;
/** Every address that a page of this test asked for, and everything that went wrong in one. */
let requested: string[];
let problems: string[];

beforeAll(async () => {
  await buildIfStale();
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
  exotel = await startExotelSandbox({ ...withPages(), prosody: { uploadLimitBytes: LIMIT } });
  defaults = exotel.control.settings();
});
beforeEach(async () => {
  exotel.control.configure(defaults);
  requested = [];
  problems = [];
  context = await browser.newContext({ viewport: { width: 1_000, height: 720 } });
  context.on("request", (request) => requested.push(request.url()));
  context.on("weberror", (error) => problems.push(error.error().message));
  context.on("console", (message) => {
    if (/content security policy/i.test(message.text())) problems.push(message.text());
  });
});
afterEach(() => context.close());
afterAll(async () => {
  await browser.close();
  await exotel.stop();
});

/** A sandbox that also serves the demo, and an empty page with the strictest policy under which exoChat works. */
function withPages(): ExotelSandboxOptions {
  return {
    settings: { agentJoin: "before" },
    routes: (app, addresses, control) => {
      const policy = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        `connect-src 'self' ${new URL(addresses.boshUrl).origin}`,
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
      ].join("; ");
      app.get("/empty", (answer) => {
        answer.header("content-security-policy", policy);
        const scripts = ["/dist/exochat.global.min.js", "/vendor-samples.js"].map(
          (src) => `<script src="${src}"></script>`,
        );
        return answer.html(
          `<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="data:,"><main><h1>A shop</h1><input type="file" aria-label="Your file"></main>${scripts.join("")}</html>`,
        );
      });
      app.get("/vendor-samples.js", async (answer) =>
        answer.body(await readFile(join(ROOT, "test/e2e/vendor-samples.js"), "utf8"), 200, {
          "content-type": "text/javascript",
        }),
      );
      addDemoRoutes(app, async () => ({ ...addresses, agent: await control.agentAccount() }));
    },
  };
}

async function emptyPage(at: ExotelSandbox = exotel): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${at.chatServiceUrl}/empty`);
  return page;
}

/** The page with the panel open, and a configuration that may be wrong. */
async function panelPage(extra: Record<string, unknown> = {}, at: ExotelSandbox = exotel): Promise<Page> {
  const page = await emptyPage(at);
  await page.evaluate((config) => window.exoChat.initialize(config), { ...configFor(at), headless: false, ...extra });
  await page.locator("#exotel-chat-icon").click();
  return page;
}

async function startFromPanel(page: Page): Promise<void> {
  await page.getByLabel("Name").fill("Jane Smith");
  await page.getByLabel("Email").fill("jane@shop.example");
  await page.getByLabel("Phone").fill("+15550100200");
  await page.getByRole("button", { name: "Start chat" }).click();
}

/** Text of the panel's alert, once there is one. */
async function alertOf(page: Page, text: RegExp): Promise<string> {
  const alert = page.getByRole("alert").filter({ hasText: text });
  await alert.waitFor();
  return alert.innerText();
}

const foreign = (): string[] =>
  requested.filter((url) => !/^(https?:\/\/(127\.0\.0\.1|localhost):|data:|blob:)/.test(url));

declare global {
  interface Window {
    exoChat: { initialize(config: unknown): void; getUserStatus(): string };
    seen: unknown[][];
    roomJid: string;
    startSamples(config: unknown): void;
    handOver(): Promise<void>;
    sendText(roomJid: string): void;
    sendFile(roomJid: string, url: string): void;
    upload(roomJid: string, input: Element): Promise<void>;
  }
}

const seenBy = (page: Page): Promise<unknown[][]> => page.evaluate(() => window.seen);

async function samples(extra: Record<string, unknown> = {}): Promise<Page> {
  const page = await emptyPage();
  await page.evaluate((config) => window.startSamples(config), {
    ...configFor(exotel),
    headless: false,
    feedback: "host",
    ...extra,
  });
  await page.evaluate(() => window.handOver());
  return page;
}

describe("the vendor's code samples, as printed", () => {
  it("initialize, hand-over, text and file message, upload, messageReceived handler", async () => {
    const page = await samples();
    const { roomJid, request } = exotel.control.chat();
    expect(await seenBy(page)).toEqual([["Handoff complete:", roomJid]]);
    expect(request).toMatchObject({
      botTransferred: true,
      botSessionInfo: { userId: "bot_user_id_123", botSessionId: "bot_session_abc" },
      additionalInfo: { intent: "billing_issue", language: "en" },
    });
    const agent = await exotel.control.seat(roomJid);
    await agent.say("How can I help?");
    await expect.poll(() => seenBy(page)).toContainEqual(["agent", "How can I help?", "Asha"]);
    await expect.poll(() => agent.seen.some(({ xml }) => xml.includes("<displayed"))).toBe(true);
    await page.evaluate((jid) => window.sendText(jid), roomJid);
    await expect.poll(() => agent.seen.map(({ body }) => body)).toContain("Hello, how can I help?");
    await page.evaluate((jid) => window.sendFile(jid, "https://files.example/report.pdf"), roomJid);
    await expect
      .poll(() => seenBy(page))
      .toContainEqual(["attachment", "https://files.example/report.pdf", "report.pdf"]);
    const input = page.getByLabel("Your file");
    await input.setInputFiles({ name: "bill.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4 hello") });
    await input.evaluate((element, jid) => window.upload(jid, element), roomJid);
    await expect.poll(async () => (await seenBy(page)).map((line) => line[2])).toContain("bill.pdf");
    const url = (await seenBy(page)).find((line) => line[2] === "bill.pdf")?.[1];
    expect(await (await fetch(String(url))).text()).toBe("%PDF-1.4 hello");
    expect(foreign()).toEqual([]);
    expect(problems).toEqual([]);
  });

  it("CSAT flow with a UI of one's own: one rating is stored", async () => {
    const page = await samples();
    const ids = await (await exotel.control.seat()).endChat();
    await expect.poll(() => seenBy(page)).toContainEqual(["feedback submitted"]);
    expect(await seenBy(page)).toContainEqual(["ended", ids.chatId, ids.interactionId]);
    const stored = exotel.control.feedback().filter(({ chatId }) => chatId === ids.chatId);
    expect(stored).toMatchObject([
      { interactionId: ids.interactionId, feedback: { score: 5, comment: "Great support!" } },
    ]);
  });

  it("CSAT flow in a new tab: the survey opens", async () => {
    exotel.control.configure({ feedback: "new-tab" });
    await samples();
    const opened = context.waitForEvent("page");
    await (await exotel.control.seat()).endChat();
    const survey = await opened;
    await survey.waitForURL(/\/survey$/);
    expect(await survey.title()).toBe("Survey");
  });
});

describe("the panel", () => {
  it("CSAT in a new tab is opened from the customer's click, without an opener", async () => {
    exotel.control.configure({ feedback: "new-tab" });
    const page = await panelPage();
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    await (await exotel.control.seat()).endChat();
    const opened = context.waitForEvent("page");
    await page.getByRole("button", { name: "Open the rating form" }).click();
    const survey = await opened;
    await survey.waitForURL(/\/survey$/);
    expect(await survey.evaluate(() => window.opener === null)).toBe(true);
  });

  it("works under a strict content security policy with trusted types", async () => {
    const page = await panelPage();
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    const agent = await exotel.control.seat();
    await agent.say("Hello <b>Jane</b>");
    await page.getByText("Hello <b>Jane</b>").waitFor();
    await page.getByLabel("Message").fill("Hi");
    await page.getByLabel("Message").press("Enter");
    await expect.poll(() => agent.seen.map(({ body }) => body)).toContain("Hi");
    const box = await page.getByRole("dialog").boundingBox();
    expect(box?.width).toBe(360);
    expect(problems).toEqual([]);
    expect(foreign()).toEqual([]);
  });

  it("rule 9: a name alone makes nobody an agent: who is not vouched for is not verified", async () => {
    const page = await panelPage();
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    const agent = await exotel.control.seat();
    await agent.say("I am Asha");
    const saidBy = (text: string): Promise<string> =>
      page.getByRole("listitem").filter({ hasText: text }).locator("small").innerText();
    expect(await saidBy("I am Asha")).toBe("Asha · agent");
    const { control, domain, wsUrl } = exotel.prosody;
    await control.createUser("mallory", "secret");
    await control.setAffiliation(agent.roomJid, `mallory@${domain}`, "member");
    const mallory = await rawClient({ wsUrl, domain, username: "mallory", password: "secret" });
    try {
      await mallory.join(agent.roomJid, "asha");
      mallory.send(
        `<message xmlns='jabber:client' type='groupchat' to='${agent.roomJid}' id='m-1'><body>So am I</body></message>`,
      );
      expect(await saidBy("So am I")).toBe("asha (not verified)");
    } finally {
      await mallory.close();
    }
  });

  it("rule 12: renders text only, no dangerous links, and fetches nothing by itself", async () => {
    const page = await panelPage();
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    const agent = await exotel.control.seat();
    const texts = ["<img src=x onerror=alert(1)>", "javascript:alert(1)", "data:text/html,<script>alert(1)</script>"];
    for (const text of texts) await agent.say(text);
    const attach = (url: string, name: string, body = name) =>
      agent.sendRaw(
        xml("body", {}, body),
        xml("exo", { xmlns: "urn:x-exochat:message:0", subtype: "MEDIA_MSG" }, xml("file", { url, name })),
      );
    await attach("javascript:alert(2)", "invoice.pdf");
    await attach("data:text/html,<script>alert(2)</script>", "invoice.html");
    await attach("https://tracker.example/drawing.svg", "drawing.svg");
    await agent.say("https://tracker.example/pixel.png");
    const links = page.getByRole("log").getByRole("link");
    await links.nth(1).waitFor();
    expect(await page.getByRole("log").locator("img, script, iframe, object, video, audio, embed").count()).toBe(0);
    expect(
      await links.evaluateAll((all) => all.map((one) => [one.getAttribute("href"), one.getAttribute("rel")])),
    ).toEqual([
      ["https://tracker.example/drawing.svg", expect.stringContaining("noopener")],
      ["https://tracker.example/pixel.png", expect.stringContaining("noopener")],
    ]);
    expect(await page.getByRole("log").getByText("invoice.pdf").count()).toBe(1);
    for (const text of texts) expect(await page.getByRole("log").getByText(text).count()).toBe(1);
    expect(foreign()).toEqual([]);
  });

  it("rule 13: the page's storage holds neither password nor messages", async () => {
    const page = await panelPage();
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    const stored = await page.evaluate(async () => ({
      local: JSON.stringify(localStorage),
      session: JSON.stringify(sessionStorage),
      databases: (await indexedDB.databases()).length,
    }));
    expect(stored).toEqual({ local: "{}", session: "{}", databases: 0 });
    expect(await context.cookies()).toEqual([]);
  });

  it('locale "hi" reaches the panel, to its last stage, and the service as a property of the customer', async () => {
    const page = await panelPage({ locale: "hi" });
    const dialog = page.getByRole("dialog", { name: "हमसे चैट करें" });
    const lang = await dialog.evaluate((panel) => (panel.getRootNode() as ShadowRoot).host.getAttribute("lang"));
    expect(lang).toBe("hi");
    await page.getByLabel("नाम").fill("Jane Smith");
    await page.getByLabel("ईमेल").fill("jane@shop.example");
    await page.getByLabel("फ़ोन").fill("+15550100200");
    await page.getByRole("button", { name: "चैट शुरू करें" }).click();
    await page.getByText("आप कनेक्ट हो गए हैं।").waitFor();
    const { request } = exotel.control.chat();
    expect(request).toHaveProperty("userEntity.properties", expect.arrayContaining([{ key: "locale", value: "hi" }]));
    await (await exotel.control.seat()).endChat();
    await page.getByRole("button", { name: "रेटिंग भेजें" }).waitFor();
  });

  it("a view_mode that nobody knows is warned of and changes nothing; a known one is kept for the widget", async () => {
    const warningsOf = async (viewMode: string): Promise<unknown> => {
      const page = await emptyPage();
      const warnings = await page.evaluate(
        (config) => {
          const seen: unknown[] = [];
          const exoChat = window.exoChat as unknown as { on(name: string, callback: (error: Error) => void): void };
          exoChat.on("warning", ({ message }) => seen.push(message));
          window.exoChat.initialize(config);
          return seen;
        },
        { ...configFor(exotel), headless: false, view_mode: viewMode },
      );
      expect(await page.locator("#exotel-chat-icon").isVisible()).toBe(true);
      await page.close();
      return warnings;
    };
    expect(await warningsOf("hologram")).toEqual(["view_mode is not one of the known modes and is ignored."]);
    expect(await warningsOf("mobile")).toEqual([]);
  });

  it("is hidden until showConverseChat where show_controlbox_by_default is false", async () => {
    const page = await emptyPage();
    await page.evaluate((config) => window.exoChat.initialize(config), {
      ...configFor(exotel),
      headless: false,
      show_controlbox_by_default: false,
    });
    expect(await page.locator("#exotel-chat-icon").isVisible()).toBe(false);
    await page.evaluate("exoChat.showConverseChat()");
    expect(await page.getByRole("dialog").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await page.evaluate("exoChat.dispose()");
    expect(await page.locator("#exotel-chat-icon").count()).toBe(0);
  });
});

describe("what the page's user is told: what happened, and what to do", () => {
  it("a wrong token", async () => {
    const page = await panelPage({ AUTH_TOKEN: "RestrictedToken wrong" });
    await startFromPanel(page);
    expect(await alertOf(page, /token/)).toMatch(/did not accept the token[\s\S]*Check AUTH_TOKEN/);
    expect(await page.getByRole("button", { name: "Start chat" }).isEnabled()).toBe(true);
  });

  it("an unreachable BOSH URL", async () => {
    const page = await panelPage({ CONVERSE_BOSH_SERVICE_URL: "http://127.0.0.1:9/http-bind/" });
    await startFromPanel(page);
    expect(await alertOf(page, /reached/)).toMatch(/could not be reached[\s\S]*Check the network/);
  });

  it("a refused join", async () => {
    exotel.control.configure({ roomPassword: "letmein", agentJoin: "never" });
    const page = await panelPage();
    await startFromPanel(page);
    expect(await alertOf(page, /password/)).toMatch(/room wants a password[\s\S]*Give the room's password/);
  });

  it("a too-large file", async () => {
    const page = await panelPage();
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    const chosen = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Attach a file" }).click();
    const buffer = Buffer.alloc(LIMIT + 1);
    await (await chosen).setFiles({ name: "film.mp4", mimeType: "video/mp4", buffer });
    expect(await alertOf(page, /large|limit/)).toMatch(/50[., ]?000|49|48\.8/);
  });

  it("a killed Prosody", async () => {
    // The server would keep the session for a minute; whoever chats hears of the trouble within seconds.
    const other = await startExotelSandbox(withPages());
    try {
      const page = await panelPage({}, other);
      await startFromPanel(page);
      await page.getByText("You are connected.").waitFor();
      await other.prosody.kill();
      expect(await alertOf(page, /lost/)).toMatch(/Connection lost\. Reconnecting[\s\S]*check your network/);
      await page.close();
    } finally {
      await other.stop();
    }
  });
});

describe("leaving the page", () => {
  it("case 29: pagehide sends the terminate, and the session is gone on the server", async () => {
    const page = await panelPage();
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    const { customerJid } = exotel.control.chat();
    const sessions = async () =>
      (await exotel.prosody.control.listSessions()).filter(({ jid }) => jid.startsWith(`${customerJid}/`)).length;
    expect(await sessions()).toBe(1);
    await page.goto("about:blank");
    await expect.poll(sessions, { timeout: 5_000 }).toBe(0);
  });
});

describe("a reload with keepChat", () => {
  it("goes on by itself on the same session, sends what waited, shows what was missed, and nobody sees it leave", async () => {
    const page = await panelPage({ keepChat: true });
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    const agent = await exotel.control.seat();
    await agent.say("before the reload");
    await page.getByText("before the reload").waitFor();
    const { roomJid } = exotel.control.chat();
    // In the middle of sending: the page goes away in the very task.
    const config = { ...configFor(exotel), headless: false, keepChat: true };
    await Promise.all([
      page.waitForNavigation(),
      page.evaluate((room) => {
        const chat = window.exoChat as unknown as { sendMessage(...args: unknown[]): Promise<unknown> };
        for (const text of ["one", "two", "three"]) void chat.sendMessage(room, text, null, null);
        location.reload();
      }, roomJid),
    ]);
    await agent.say("while it was away");
    await page.evaluate((given) => window.exoChat.initialize(given), config);
    await page.locator("#exotel-chat-icon").click();
    await page.getByText("while it was away").waitFor();
    await expect
      .poll(() => agent.seen.flatMap(({ body = "" }) => body).filter((text) => /^(one|two|three)$/.test(text)))
      .toEqual(["one", "two", "three"]);
    expect(exotel.control.chats().filter((chat) => chat.roomJid === roomJid)).toHaveLength(1);
    expect(exotel.control.chat().roomJid).toBe(roomJid);
    await agent.endChat();
    await expect
      .poll(() => page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith("switchboard-chat:"))))
      .toEqual([]);
  });
});

describe("a browser without a network", () => {
  it("says so within seconds, keeps what is typed, and delivers it once the network is back", async () => {
    const page = await panelPage();
    await startFromPanel(page);
    await page.getByText("You are connected.").waitFor();
    const agent = await exotel.control.seat();
    await agent.say("good morning");
    await page.getByText("good morning").waitFor();
    await page.evaluate(() => {
      window.seen = [];
      const chat = window.exoChat as unknown as { on(name: string, listener: (state: string) => void): void };
      chat.on("connectionState", (state) => window.seen.push([state]));
    });
    await context.setOffline(true);
    try {
      const { roomJid } = exotel.control.chat();
      await page.evaluate((room) => {
        const chat = window.exoChat as unknown as { sendMessage(...args: unknown[]): Promise<unknown> };
        for (const text of ["from the tunnel", "still in it"]) void chat.sendMessage(room, text, null, null);
      }, roomJid);
      expect(await alertOf(page, /lost/)).toMatch(/Reconnecting/);
      await agent.say("are you there?");
    } finally {
      await context.setOffline(false);
    }
    await page.getByText("are you there?").waitFor();
    const own = (): string[] =>
      agent.seen.flatMap(({ body = "" }) => body).filter((text) => /^(from the tunnel|still in it)$/.test(text));
    await expect.poll(own).toEqual(["from the tunnel", "still in it"]);
    await expect.poll(() => page.evaluate(() => window.seen.at(-1)?.[0])).toBe("connected");
  });
});

describe("the back/forward cache", () => {
  it.each([true, false])("a page that comes back from it goes on with its chat (keepChat: %s)", async (keepChat) => {
    const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
    const cached = await chromium.launch({ executablePath, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
    try {
      context = await cached.newContext();
      const page = await panelPage({ keepChat });
      await startFromPanel(page);
      await page.getByText("You are connected.").waitFor();
      const agent = await exotel.control.seat();
      const { roomJid } = exotel.control.chat();
      await page.evaluate(() => {
        window.seen = [];
        addEventListener("pageshow", ({ persisted }) => window.seen.push(["persisted", persisted]));
      });
      await page.goto("about:blank");
      await agent.say("while you were elsewhere");
      // A page out of the cache has no load event.
      await page.goBack({ waitUntil: "commit" });
      await expect.poll(() => page.evaluate(() => window.seen[0])).toEqual(["persisted", true]);
      await page.getByText("while you were elsewhere").waitFor();
      await page.evaluate((room) => {
        const chat = window.exoChat as unknown as { sendMessage(...args: unknown[]): Promise<unknown> };
        return chat.sendMessage(room, "back again", null, null);
      }, roomJid);
      await expect.poll(() => agent.seen.at(-1)?.body).toBe("back again");
      expect(exotel.control.chat().roomJid).toBe(roomJid);
    } finally {
      await cached.close();
    }
  });
});

describe("the demo", () => {
  it("No byte from anyone's CDN: a bot hands over, both sides chat, a file, the end, a rating", async () => {
    // One of its own: the desk lists every chat there is.
    const demo = await startExotelSandbox({ ...withPages(), settings: {} });
    try {
      await tellTheStory(demo);
      expect(foreign()).toEqual([]);
      expect(problems).toEqual([]);
    } finally {
      await demo.stop();
    }
  });
});

async function tellTheStory(demo: ExotelSandbox): Promise<void> {
  const [desk, shop] = [await context.newPage(), await context.newPage()];
  await desk.goto(`${demo.chatServiceUrl}/agent.html`);
  await shop.goto(demo.chatServiceUrl);
  await shop.getByRole("button", { name: "My bill is wrong" }).click();
  await shop.getByRole("button", { name: "Yes, a person please" }).click();
  await shop.getByText("You are connected.").waitFor();
  await desk.bringToFront();
  await desk.getByRole("button", { name: "Take Jane Smith" }).click();
  await desk.getByLabel("Answer").fill("Hello Jane, I see your bill.");
  await desk.getByLabel("Answer").press("Enter");
  await shop.bringToFront();
  await shop.getByText("Hello Jane, I see your bill.").waitFor();
  await shop.getByLabel("Message").fill("Thanks! Here it is");
  await shop.getByLabel("Message").press("Enter");
  await desk.getByText("Thanks! Here it is").waitFor();
  const chosen = shop.waitForEvent("filechooser");
  await shop.getByRole("button", { name: "Attach a file" }).click();
  await (
    await chosen
  ).setFiles({ name: "bill.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4 hello") });
  await desk.getByRole("link", { name: "bill.pdf" }).waitFor();
  await desk.bringToFront();
  await desk.getByRole("button", { name: "End chat" }).click();
  await shop.bringToFront();
  await shop.getByLabel("5").check();
  await shop.getByRole("button", { name: "Send rating" }).click();
  await shop.getByText("Thank you").waitFor();
  expect(demo.control.feedback().at(-1)).toMatchObject({ feedback: { score: 5 } });
}

describe("accessibility", () => {
  it.each(["light", "dark"] as const)(
    "%s: no violations with the form, the chat, an error and the rating",
    async (colorScheme) => {
      const page = await context.newPage();
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto(`${exotel.chatServiceUrl}/agent.html`);
      await page.goto(exotel.chatServiceUrl);
      await page.addScriptTag({ path: join(ROOT, "node_modules/axe-core/axe.min.js") });
      const violations = () =>
        page.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          };
          return (await axe.run()).violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("  ")}`,
          );
        });
      await page.locator("#exotel-chat-icon").click();
      expect(await violations()).toEqual([]);
      exotel.control.failRest({ kind: "status", status: 401 });
      await startFromPanel(page);
      await alertOf(page, /token/);
      expect(await violations()).toEqual([]);
      await startFromPanel(page);
      await page.getByText("You are connected.").waitFor();
      const agent = await exotel.control.seat();
      await agent.say("Hello Jane, see https://shop.example/");
      await agent.say("https://shop.example/");
      await page.getByLabel("Message").fill("Thank you");
      await page.getByLabel("Message").press("Enter");
      await page.getByRole("log").getByText("Thank you").waitFor();
      expect(await violations()).toEqual([]);
      await agent.endChat();
      await page.getByRole("button", { name: "Send rating" }).waitFor();
      expect(await violations()).toEqual([]);
    },
  );
});
