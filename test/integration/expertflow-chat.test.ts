import { afterEach, beforeEach, describe, expect, it } from "vitest";
import io2 from "socket.io-client-2";
import {
  expertflowChat,
  type ExpertflowChat,
  type ExpertflowChatOptions,
} from "../../adapters/expertflow-chat/index.ts";
import { startChatSolutionSandbox, type ChatSolutionSandbox } from "../../sandbox/chat-solution/index.ts";
import type { ChatMessage, ChatTransport, TransportEvents } from "../../src/index.ts";

let solution: ChatSolutionSandbox;
const open: ChatTransport[] = [];

beforeEach(async () => {
  solution = await startChatSolutionSandbox();
  solution.centre.greeting = "";
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await solution.stop();
});

const RAVI = { customer: { name: "Ravi Kumar", email: "ravi@example.org" } };

function chat(options: Partial<ExpertflowChatOptions> = {}): ExpertflowChat & { heard: ChatMessage[] } {
  const transport = expertflowChat({
    url: solution.url,
    transports: ["websocket"],
    reconnect: { nextDelayMs: () => 0 },
    ...options,
  });
  open.push(transport);
  const heard: ChatMessage[] = [];
  transport.on("message", (message) => void heard.push(message));
  return Object.assign(transport, { heard });
}

const texts = (messages: readonly ChatMessage[]): string[] =>
  messages.map(({ body }) => ("text" in body && typeof body.text === "string" ? body.text : body.kind));

const status = (transport: ChatTransport): string => transport.state.status;

function comesBack(transport: ChatTransport): Promise<void> {
  return new Promise((resolve) => {
    transport.on("state", ({ previous, current }) => {
      if (previous.status === "reconnecting" && current.status === "connected") resolve();
    });
  });
}

/** The init call as it arrived. */
const started = (): unknown => solution.centre.conversation()?.info;

describe("the beginning of a chat", () => {
  it("says what the later guide wants, with the integrator's own fields", async () => {
    const customer = { language: "en", subject: "ADSL", comment: "from the shop", url: "https://shop.example.org/" };
    await chat({ customer, extraFields: { accountNumber: 17 } }).open(RAVI);
    expect(started()).toEqual({
      accountNumber: 17,
      firstName: "Ravi",
      lastName: "Kumar",
      email: "ravi@example.org",
      channel: "web",
      ...customer,
      requestId: expect.any(String) as string,
      timestamp: expect.any(String) as string,
    });
  });

  it("says what the guide of 2018 wants, for edition v3", async () => {
    await chat({ edition: "v3", customer: { language: "en" } }).open(RAVI);
    expect(started()).toEqual({
      name: "Ravi Kumar",
      email: "ravi@example.org",
      channel: "web",
      requestId: expect.any(String) as string,
      timestamp: expect.any(String) as string,
    });
  });

  it("shows the greeting once, also after an outage", async () => {
    solution.centre.greeting = "Welcome!";
    const transport = chat();
    await transport.open(RAVI);
    await expect.poll(() => texts(transport.heard)).toEqual(["Welcome!"]);
    const back = comesBack(transport);
    solution.dropLinks();
    await back;
    solution.centre.say("live");
    await expect.poll(() => texts(transport.heard)).toEqual(["Welcome!", "live"]);
  });

  it("loses nothing that is said before the join is proven", async () => {
    solution.centre.faults.hold.push({ event: "messageArrived", count: 1 }, { event: "conversationInfo", count: 1 });
    const transport = chat();
    const opened = transport.open(RAVI);
    await expect.poll(() => solution.centre.conversation()?.seats.size).toBe(1);
    solution.centre.say("early");
    await expect.poll(() => solution.centre.ledger.some(({ receivedBy }) => receivedBy.length > 0)).toBe(true);
    solution.centre.release();
    await opened;
    await expect.poll(() => texts(transport.heard)).toEqual(["early"]);
  });

  it("names plain http to another machine, and takes it when it is told to", async () => {
    const refused = chat({ url: "http://chat.example.org" }).open(RAVI);
    await expect(refused).rejects.toMatchObject({ code: "invalid-config" });
    const fetched: string[] = [];
    const send: typeof fetch = async (input) => {
      fetched.push(input instanceof Request ? input.url : String(input));
      return new Response(null, { status: 403 });
    };
    const allowed = chat({ url: "http://chat.example.org", allowInsecure: true, fetch: send }).open(RAVI);
    await expect(allowed).rejects.toMatchObject({ code: "refused" });
    expect(fetched).toContain("http://chat.example.org/api/customer/init");
  });

  it.each([
    ["a client of version 4 at a server of version 2", 2, {}],
    ["a client of version 2 at a server of version 4", 4, { io: io2 }],
  ] as const)("names what does not fit: %s", async (_name, socketIo, options) => {
    const other = await startChatSolutionSandbox({ socketIo });
    for (const transports of [["polling"], ["websocket"]] as const) {
      const opened = chat({ url: other.url, transports, ...options }).open(RAVI, { timeoutMs: 15_000 });
      await expect(opened).rejects.toMatchObject({
        code: "unsupported",
        info: {
          vendor: { code: "connect_error/engine-io-version" },
          remedy: expect.stringContaining("socket.io-client") as string,
        },
      });
    }
    await other.stop();
  });
});

describe("an outage", () => {
  it("ends although the answer to the join is lost and the past messages fail once", async () => {
    const transport = chat();
    await transport.open(RAVI);
    solution.centre.faults.swallow.push({ direction: "in", event: "joinConversation", count: 1 });
    solution.centre.faults.rest.set("/api/conversation/past-messages", [{ status: 503 }]);
    const back = comesBack(transport);
    solution.dropLinks();
    await back;
    solution.centre.say("back");
    await expect.poll(() => texts(transport.heard)).toEqual(["back"]);
  });

  it("is none when the server puts the customer out: the chat has ended, and nobody comes back", async () => {
    const transport = chat();
    await transport.open(RAVI);
    const ended: TransportEvents["ended"][] = [];
    transport.on("ended", (event) => void ended.push(event));
    solution.putOut();
    await expect.poll(() => status(transport)).toBe("closed");
    expect(transport.state).toMatchObject({ reason: "refused" });
    expect(ended).toMatchObject([{ by: "system" }]);
    expect(solution.connections).toBe(0);
  });
});

describe("what comes", () => {
  it("shows files of the web and small images inside the address, and never opens a local one", async () => {
    const transport = chat();
    const warnings: string[] = [];
    transport.on("warning", ({ info }) => void warnings.push(info.vendor?.code ?? ""));
    await transport.open(RAVI);
    const pixel = "data:image/png;base64,iVBORw0KGgo=";
    solution.centre.say({
      text: "look",
      attachments: [
        { type: "application/pdf", name: "bill.pdf", contentUrl: "https://files.example.org/bill.pdf" },
        { type: "image/png", name: "dot", contentUrl: pixel },
        { type: "text/plain", name: "secret.txt", contentUrl: "file:///etc/passwd" },
        { type: "text/html", name: "page", contentUrl: "data:text/html,<script>1</script>" },
      ],
    });
    await expect.poll(() => transport.heard.length).toBe(1);
    const [{ body } = { body: undefined }] = transport.heard;
    expect(body).toMatchObject({ kind: "attachments", caption: "look" });
    expect(body?.kind === "attachments" && body.attachments.map(({ url }) => url.href)).toEqual([
      "https://files.example.org/bill.pdf",
      pixel,
    ]);
    expect(warnings).toEqual(["attachment/content-url"]);
  });

  it("an activity that no guide has arrives as custom, with a warning", async () => {
    const transport = chat();
    const warnings: string[] = [];
    transport.on("warning", ({ info }) => void warnings.push(info.vendor?.code ?? ""));
    await transport.open(RAVI);
    const { centre } = solution;
    const id = centre.conversation()?.id ?? "";
    centre.inject(
      centre.conversation()?.customer.id ?? "",
      "messageArrived",
      centre.activity(id, "queuePosition", { position: 3 }),
    );
    await expect
      .poll(() => transport.heard.map(({ body }) => body))
      .toEqual([{ kind: "custom", type: "queuePosition", text: "", data: { position: 3 } }]);
    expect(warnings).toEqual(["activity/unknown"]);
  });

  it("a whisper that the server lets through is dropped, with a warning, and not in the history", async () => {
    const transport = chat();
    const warnings: string[] = [];
    transport.on("warning", ({ info }) => void warnings.push(info.vendor?.code ?? ""));
    await transport.open(RAVI);
    const { centre } = solution;
    centre.say("he is a VIP", { tag: "whisper" });
    const [entry] = centre.ledger.slice(-1);
    centre.inject(centre.conversation()?.customer.id ?? "", "messageArrived", entry?.message);
    centre.say("aloud");
    await expect.poll(() => texts(transport.heard)).toEqual(["aloud"]);
    expect(warnings).toEqual(["whisper"]);
    expect(texts((await transport.history?.({ limit: 10 }))?.messages ?? [])).toEqual(["aloud"]);
  });
});

describe("around the chat", () => {
  it("the hand-over's context travels under the key that the integrator names, and not without one", async () => {
    const { centre } = solution;
    const handoff = { attributes: { topic: "billing" } };
    const plain = chat();
    await plain.open(RAVI);
    await plain.requestAgent?.(handoff);
    await expect.poll(() => centre.received.some(({ name }) => name === "requestAgentTransfer")).toBe(true);
    expect(centre.conversation()?.handOff).toEqual({});
    const keyed = chat({ handoffKey: "context" });
    await keyed.open(RAVI);
    await keyed.requestAgent?.(handoff);
    await expect.poll(() => centre.conversation()?.handOff).toEqual({ context: handoff });
  });

  it("the transcript is there after the end: not before, as PDF, and by mail", async () => {
    const transport = chat();
    await transport.open(RAVI);
    solution.centre.say("hello");
    await expect(transport.transcript()).rejects.toMatchObject({
      code: "not-found",
      info: { vendor: { code: "transcript/404" }, remedy: "Ask again after the end of the chat." },
    });
    await transport.close();
    const pdf = await transport.transcript();
    expect(await pdf.slice(0, 5).text()).toBe("%PDF-");
    await transport.mailTranscript();
    expect(solution.centre.mails).toMatchObject([{ to: "ravi@example.org" }]);
  });
});
