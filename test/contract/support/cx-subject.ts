import { expertflowCx, type ExpertflowCxOptions } from "../../../adapters/expertflow-cx/index.ts";
import { messageId } from "../../../src/kit/ids.ts";
import { NO_CAPABILITIES, type OpenRequest } from "../../../src/index.ts";
import { CX_AGENT, startExpertflowCxSandbox, type ExpertflowCxSandbox } from "../../../sandbox/expertflow-cx/index.ts";
import { controlTimers, type ContractHarness, type ContractSubject, type FarMark, type FarMessage } from "../index.ts";

const SERVICE = "1218";

/** The server runs in this process, and Node's stand-in for a page's XMLHttpRequest tells its events by timers. */
const FOREIGN = ["/node_modules/engine.io/", "/node_modules/socket.io/", "/node_modules/xmlhttprequest-ssl/"];

/** The Expertflow CX adapter on the sandbox's real socket.io server. */
export function cxSubject(transports: NonNullable<ExpertflowCxOptions["transports"]>): ContractSubject {
  return {
    supports: {
      ...NO_CAPABILITIES,
      chatStates: true,
      receivedReceipts: true,
      displayedMarkers: true,
      upload: true,
      history: true,
      catchUp: true,
      resume: true,
      replyTo: true,
    },
    createHarness: () => createHarness(transports),
  };
}

async function createHarness(transports: NonNullable<ExpertflowCxOptions["transports"]>): Promise<ContractHarness> {
  const cx = await startExpertflowCxSandbox();
  const timers = controlTimers({ ignore: FOREIGN });
  const { centre } = cx;
  const customer = "5550100";
  let request: OpenRequest = { customer: { name: "Ravi" } };
  return {
    get request() {
      return request;
    },
    make: () =>
      expertflowCx({
        socketUrl: cx.socketUrl,
        ccmUrl: cx.ccmUrl,
        fileServerUrl: cx.fileServerUrl,
        serviceIdentifier: SERVICE,
        channelCustomerIdentifier: customer,
        transports,
        reconnect: { nextDelayMs: () => 0 },
      }),
    say: (text, id) => messageId(centre.say(text, id === undefined ? {} : { id })),
    sent: () => sentMessages(cx),
    endChat: () => {
      const chat = centre.chat();
      centre.end("CHANNEL_SESSION_ENDED", "AGENT", chat);
      return { interactionId: chat?.channelSessionId ?? "", chatId: chat?.conversationId ?? "" };
    },
    openHandles: () => cx.connections + timers.open(),
    dispose: async () => {
      timers.restore();
      await cx.stop();
    },
    refuseNextOpen: () => void centre.faults.requests.push(400),
    hangNextOpen: () => void centre.faults.requests.push("hang"),
    refuseNextSend: () => void centre.faults.acks.push({ code: 400 }),
    hangNextSend: () => void centre.faults.acks.push("lost"),
    hangNextUpload: () => void centre.faults.rest.set("/file-engine", ["hang"]),
    dropLink: () => cx.dropLinks(),
    repeatLast: () => {
      const chat = centre.chat();
      const last = chat?.messages.at(-1);
      if (chat && last) centre.deliver(chat, last);
    },
    sendGarbage: () => {
      const chat = centre.chat();
      if (chat) centre.emit(chat, "MESSAGE_RECEIVED", { brain: [1, { deeper: null }] });
    },
    seedHistory: (count) => {
      // A chat has a past when it goes on with one.
      const chat = centre.begin(SERVICE, customer, undefined);
      const texts = Array.from({ length: count }, (_, index) => `old ${index}`);
      for (const text of texts) centre.say(text);
      const resumeToken = JSON.stringify({ v: 1, s: SERVICE, c: customer, i: chat.conversationId });
      request = { ...request, resumeToken };
      return texts;
    },
    useClock: () => timers.useClock(),
    composing: () => centre.notify("TYPING_STARTED", {}, CX_AGENT),
    receives: (id) => deliveryOf(cx, id, "DELIVERED"),
    displays: (id) => deliveryOf(cx, id, "READ"),
    sentStates: () => sentStates(cx),
    sentMarks: () => sentMarks(cx),
    replies: (text, to) => messageId(centre.say(text, { refersTo: to })),
  };
}

function deliveryOf({ centre }: ExpertflowCxSandbox, messageId: string, status: string): void {
  centre.say({ type: "DELIVERYNOTIFICATION", markdownText: "", messageId, status, reasonCode: "200" });
}

interface Envelope {
  header: { originalMessageId: string | null };
  body: Record<string, unknown> & { type: string };
}

function envelopes({ centre }: ExpertflowCxSandbox): Envelope[] {
  return centre.received.flatMap(({ name, payload }) => (name === "MESSAGE_RECEIVED" ? [payload as Envelope] : []));
}

function sentMessages(cx: ExpertflowCxSandbox): FarMessage[] {
  return envelopes(cx).flatMap(({ header, body }): FarMessage[] => {
    const reply = header.originalMessageId === null ? {} : { replyTo: header.originalMessageId };
    if (body.type === "PLAIN") return [{ text: String(body["markdownText"]), ...reply }];
    const attachment = body["attachment"] as { mediaUrl: string } | undefined;
    return attachment ? [{ urls: [attachment.mediaUrl], ...reply }] : [];
  });
}

function sentStates(cx: ExpertflowCxSandbox): string[] {
  const words: Record<string, string> = { TYPING_STARTED: "composing", TYPING_STOPPED: "paused" };
  return envelopes(cx).flatMap(({ body }) => words[String(body["notificationType"])] ?? []);
}

function sentMarks(cx: ExpertflowCxSandbox): FarMark[] {
  return envelopes(cx).flatMap(({ body }): FarMark[] => {
    if (body.type !== "DELIVERYNOTIFICATION") return [];
    return [{ kind: body["status"] === "READ" ? "displayed" : "received", id: String(body["messageId"]) }];
  });
}
