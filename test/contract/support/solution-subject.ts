import io2 from "socket.io-client-2";
import { expertflowChat, type ExpertflowChatOptions } from "../../../adapters/expertflow-chat/index.ts";
import { startChatSolutionSandbox, type ChatSolutionSandboxOptions } from "../../../sandbox/chat-solution/index.ts";
import { messageId } from "../../../src/kit/ids.ts";
import { NO_CAPABILITIES, type OpenRequest } from "../../../src/index.ts";
import { controlTimers, type ContractHarness, type ContractSubject } from "../index.ts";

/** The server runs in this process, and Node's stand-in for a page's XMLHttpRequest tells its events by timers. */
export const FOREIGN = [
  "/node_modules/engine.io",
  "/node_modules/socket.io",
  "/node_modules/xmlhttprequest-ssl/",
  "/node_modules/ws/",
];

/** How the sandbox and the adapter meet. */
export interface SolutionSubjectOptions extends Pick<ChatSolutionSandboxOptions, "socketIo" | "switches"> {
  transports: NonNullable<ExpertflowChatOptions["transports"]>;
  chat?: Partial<ExpertflowChatOptions>;
}

/** The Chat Solution adapter on the sandbox's real socket.io server. */
export function solutionSubject(options: SolutionSubjectOptions): ContractSubject {
  const reads = options.chat?.pastMessages !== false;
  return {
    supports: {
      ...NO_CAPABILITIES,
      chatStates: true,
      upload: true,
      history: reads,
      catchUp: reads,
      requestAgent: true,
      resume: true,
    },
    createHarness: () => createHarness(options),
  };
}

async function createHarness({
  transports,
  socketIo = 4,
  switches,
  chat,
}: SolutionSubjectOptions): Promise<ContractHarness> {
  const solution = await startChatSolutionSandbox({ socketIo, ...(switches && { switches }) });
  const timers = controlTimers({ ignore: FOREIGN });
  const { centre } = solution;
  // Nothing says hello by itself here: the suite's agent speaks first.
  centre.greeting = "";
  let hangsUpload = false;
  let request: OpenRequest = { customer: { name: "Ravi Kumar", email: "ravi@example.org" } };
  return {
    get request() {
      return request;
    },
    make: () =>
      expertflowChat({
        url: solution.url,
        transports,
        reconnect: { nextDelayMs: () => 0 },
        confirmAfterMs: 50,
        uploader: (file, call) => (hangsUpload ? new Promise(() => undefined) : storeNowhere(file, call)),
        ...(socketIo === 2 && { io: io2 }),
        ...chat,
      }),
    chatStates: ["composing"],
    say: (text, id) => messageId(centre.say(text, id === undefined ? {} : { requestId: id })),
    sent: () =>
      centre.ledger.flatMap(({ message, by }) =>
        message.type === "ChatMessage" && by === centre.conversation()?.customer.id
          ? [
              message.attachments.length > 0
                ? { urls: message.attachments.map(({ contentUrl }) => contentUrl) }
                : { text: message.text },
            ]
          : [],
      ),
    endChat: () => {
      const conversation = centre.conversation();
      if (conversation && !conversation.members.has("asha")) centre.agentJoins();
      centre.end(conversation, conversation?.members.get("asha"));
      return { chatId: conversation?.id ?? "" };
    },
    openHandles: () => solution.connections + timers.open(),
    dispose: async () => {
      timers.restore();
      await solution.stop();
    },
    refuseNextOpen: () => void centre.faults.rest.set("/api/customer/init", [{ status: 403 }]),
    hangNextOpen: () => void centre.faults.rest.set("/api/customer/init", ["hang"]),
    refuseNextSend: () => {
      const conversation = centre.conversation();
      const customer = conversation?.members.get(conversation.customer.id);
      if (customer) customer.monitoring = true;
    },
    hangNextSend: () => {
      centre.faults.swallow.push({ direction: "in", event: "sendMessage", count: 1 });
    },
    hangNextUpload: () => {
      hangsUpload = true;
    },
    dropLink: () => solution.dropLinks(),
    repeatLast: () => {
      const last = centre.ledger.findLast(({ message }) => message.type === "ChatMessage");
      const customer = centre.conversation()?.customer.id ?? "";
      if (last) centre.inject(customer, "messageArrived", last.message);
    },
    sendGarbage: () => {
      const conversation = centre.conversation();
      centre.inject(conversation?.customer.id ?? "", "messageArrived", { brain: [1, { deeper: null }] });
    },
    seedHistory: (count) => {
      const conversation = centre.begin({ name: "Ravi Kumar", channel: "web" });
      const texts = Array.from({ length: count }, (_, index) => `old ${index}`);
      for (const text of texts) centre.say(text);
      const { id: c, customer } = conversation;
      request = { ...request, resumeToken: JSON.stringify({ v: 1, c, p: customer.id, n: customer.name }) };
      return texts;
    },
    useClock: () => timers.useClock(),
    composing: () => {
      const conversation = centre.conversation();
      if (conversation && !conversation.members.has("asha")) centre.agentJoins();
      centre.agentTypes();
    },
    sentStates: () =>
      centre.received.flatMap(({ name, payload }) =>
        name === "sendMessage" && JSON.stringify(payload).includes('"activityType":"typing"') ? ["composing"] : [],
      ),
  };
}

async function storeNowhere(
  file: Parameters<NonNullable<ExpertflowChatOptions["uploader"]>>[0],
  call: Parameters<NonNullable<ExpertflowChatOptions["uploader"]>>[1],
): ReturnType<NonNullable<ExpertflowChatOptions["uploader"]>> {
  call.onProgress?.(file.sizeBytes);
  const { name, mediaType, sizeBytes } = file;
  return { url: new URL(`https://files.example.org/${encodeURIComponent(name)}`), name, mediaType, sizeBytes };
}
