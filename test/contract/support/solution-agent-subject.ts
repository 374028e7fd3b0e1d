import io4 from "socket.io-client";
import io2 from "socket.io-client-2";
import { expertflowChatAgent, type ExpertflowChatAgentOptions } from "../../../adapters/expertflow-chat/agent/index.ts";
import { startChatSolutionSandbox, type ChatSolutionSandbox } from "../../../sandbox/chat-solution/index.ts";
import { endRings } from "../../../sandbox/chat-solution/routing.ts";
import { NO_AGENT_CAPABILITIES } from "../../../src/agent/index.ts";
import { RINGS_END } from "../../support/solution-amq.ts";
import { controlTimers, type AgentContractHarness, type AgentContractSubject, type FarCustomer } from "../index.ts";
import { FOREIGN, type SolutionSubjectOptions } from "./solution-subject.ts";

const IDS = { agent: "asha", colleague: "omar", supervisor: "sara" } as const;

/** Options of {@link solutionAgentSubject}. */
export interface SolutionAgentSubjectOptions extends Pick<
  SolutionSubjectOptions,
  "socketIo" | "switches" | "transports"
> {
  /** Rings end by ActiveMQ. */
  amq?: boolean;
}

/** The agent side of the Chat Solution adapter on the sandbox's real socket.io server. */
export function solutionAgentSubject(options: SolutionAgentSubjectOptions): AgentContractSubject {
  return {
    supports: {
      ...NO_AGENT_CAPABILITIES,
      availability: true,
      domains: true,
      whisper: true,
      addParticipant: true,
      removeParticipant: true,
      transfer: true,
      raiseHand: true,
      monitor: true,
      bargeIn: true,
      wrapUp: true,
      suggestions: true,
      floor: true,
      requestEnds: options.amq === true,
    },
    createHarness: () => createHarness(options),
  };
}

async function createHarness(options: SolutionAgentSubjectOptions): Promise<AgentContractHarness> {
  const { socketIo = 4, switches, transports, amq = false } = options;
  const solution = await startChatSolutionSandbox({ socketIo, switches: { ...switches, ringEndsByAmq: amq } });
  const timers = controlTimers({ ignore: FOREIGN });
  const { centre } = solution;
  const customers: { close(): void }[] = [];
  let asked = 0;
  let elsewhere = 0;
  const credentials =
    (who: keyof typeof IDS): ExpertflowChatAgentOptions["credentialsProvider"] =>
    async () => {
      if (who === "agent") asked++;
      const { password = "" } = centre.accounts.find(({ id }) => id === IDS[who]) ?? {};
      return { agentId: IDS[who], password: refuse ? "wrong" : password };
    };
  let refuse = false;
  return {
    make: (who) =>
      expertflowChatAgent({
        url: solution.url,
        transports,
        domains: ["General"],
        credentialsProvider: credentials(who),
        reconnect: { nextDelayMs: () => 0 },
        confirmAfterMs: 50,
        ...(amq && { amq: RINGS_END }),
        ...(socketIo === 2 && { io: io2 }),
      }),
    ids: IDS,
    stranger: { id: "nobody", name: "Nobody" },
    async customer(name) {
      const made = await rawCustomer(solution, name);
      customers.push(made);
      return made;
    },
    // Who signed in elsewhere is no adapter's.
    openHandles: () => centre.agents.size - elsewhere + timers.open(),
    dispose: async () => {
      for (const each of customers) each.close();
      timers.restore();
      await solution.stop();
    },
    refuseNextSignIn: () => {
      refuse = true;
    },
    hangNextSignIn: () => {
      centre.faults.swallow.push({ direction: "in", event: "login", count: 1 });
    },
    hangNextEntry: () => {
      centre.faults.swallow.push({ direction: "in", event: "acceptChatRequest", count: 1 });
      centre.faults.rest.set("/api/conversation/past-messages", ["hang"]);
    },
    // The customer's stays: what is said meanwhile must be said.
    dropLink: () => centre.agents.get(IDS.agent)?.seat.socket.cut(),
    sendGarbage: () => {
      centre.agents.get(IDS.agent)?.seat.socket.emit("messageArrived", { brain: [1, { deeper: null }] });
    },
    replace: async () => {
      const connection = { transports: [...transports], forceNew: true };
      const other = socketIo === 2 ? io2(solution.url, connection) : io4(solution.url, connection);
      customers.push(other);
      elsewhere = 1;
      const { password } = centre.accounts[0] ?? {};
      other.emit("login", { agentId: IDS.agent, password, mrd: "General" });
    },
    withdraw: (id) => endRingsOf(centre, id, "ended"),
    expire: (id) => endRingsOf(centre, id, "no-answer"),
    useClock: () => timers.useClock(),
    credentialsAsked: () => asked,
    suggest: (conversationId, texts) => {
      const conversation = centre.conversation(conversationId);
      const output = texts.map((name, index) => ({ name, confidence: 1 - index / 10 }));
      if (conversation)
        centre.post(
          conversation,
          {
            conversationId,
            messageId: `suggestion-${texts.join()}`,
            type: "BotMessage",
            from: conversation.customer,
            bot: { id: "bot", name: "Bot", type: "Rasa" },
            timestamp: centre.stamp(conversation),
            input: "",
            intents: [],
            entities: [],
            output,
          },
          { by: "bot", audience: "staff" },
        );
    },
    wrapUps: () =>
      centre.wrapUps.map(({ conversationId, text }) => {
        const [reason = "", note] = text.split(": ");
        return { conversationId, wrapUp: { reason, ...(note !== undefined && { note }) } };
      }),
  };
}

function endRingsOf(centre: ChatSolutionSandbox["centre"], conversationId: string, reason: string): void {
  const conversation = centre.conversation(conversationId);
  if (conversation) endRings(centre, conversation, reason);
}

/** A customer who is no adapter of ours: REST and a bare socket.io client. */
async function rawCustomer(
  { url, centre, socketIo }: ChatSolutionSandbox,
  name: string,
): Promise<FarCustomer & { close(): void }> {
  const answer = await fetch(`${url}/api/customer/init`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, email: "customer@example.org", channel: "web" }),
  });
  type Person = { id: string; name: string };
  const started = (await answer.json()) as { conversationId: string; participant?: Person; Participant?: Person };
  const { conversationId, participant = started.Participant ?? { id: "", name } } = started;
  const frames: string[] = [];
  const heard: string[] = [];
  let isOver = false;
  const options = { transports: ["websocket"], forceNew: true };
  const socket = socketIo === 2 ? io2(url, options) : io4(url, options);
  const hear = (payload: { type: string; text?: string; activityType?: string; from: { id: string } }): void => {
    frames.push(JSON.stringify(payload));
    if (payload.type === "ChatMessage" && payload.from.id !== participant.id) heard.push(payload.text ?? "");
    isOver ||= payload.activityType === "endOfConversation";
  };
  socket.on("messageArrived", hear);
  socket.on("conversationInfo", (payload: unknown) => frames.push(JSON.stringify(payload)));
  await new Promise<void>((resolve) => {
    socket.on("connect", () => {
      socket.emit("joinConversation", {
        conversationId,
        participant,
        requestId: "j",
        timestamp: new Date().toISOString(),
      });
      resolve();
    });
  });
  let said = 0;
  return {
    conversationId,
    name,
    say: (text) => {
      const requestId = `${participant.id}-${++said}`;
      const timestamp = new Date().toISOString();
      const message = {
        conversationId,
        type: "ChatMessage",
        requestId,
        timestamp,
        from: participant,
        to: [],
        text,
        attachments: [],
      };
      socket.emit("sendMessage", message);
    },
    heard: () => heard,
    raw: () => frames.join("\n"),
    isOver: () => isOver || centre.conversation(conversationId)?.open === false,
    close: () => void socket.disconnect(),
  };
}
