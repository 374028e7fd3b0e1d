import { randomUUID } from "node:crypto";
import type { SolutionWire } from "./local-wire.ts";
import { field, fieldsOf, textField } from "./read.ts";

/** Somebody who acts by a script, over a connection like any other. */
export interface ScriptedSolutionParticipant {
  /** Everything he was sent, in order. */
  readonly heard: { name: string; payload: unknown }[];
  /** Emits an event as him. */
  emit(name: string, payload: unknown): void;
  close(): void;
}

/** Options of {@link scriptedSolutionBot}. */
export interface ScriptedSolutionBotOptions {
  id?: string;
  name?: string;
  type?: string;
  /** Ranked answers to a text, best first; undefined: it wants a person to take over. Default: it knows plans and bills. */
  answer?: (text: string) => string[] | undefined;
}

/** A bot: registers, joins every conversation it is given, answers, and hands over when it is asked for a person. */
export function scriptedSolutionBot(
  wire: SolutionWire,
  options: ScriptedSolutionBotOptions = {},
): ScriptedSolutionParticipant {
  const { id = "bot", name = "Helper", type = "Rasa", answer = answerPlainly } = options;
  const self = listen(wire, ["initConversation", "messageArrived", "endConversation"]);
  /** Whom it answers, by conversation. */
  const customers = new Map<string, string>();
  wire.on("initConversation", (payload) => {
    const given = fieldsOf(payload);
    const conversationId = textField(given, "conversationId") ?? "";
    customers.set(conversationId, textField(fieldsOf(given["customerInfo"]), "accountId") ?? "");
    wire.emit("joinConversation", { conversationId, participant: { id, name }, ...stamps() });
  });
  wire.on("endConversation", (payload) => {
    customers.delete(textField(fieldsOf(payload), "conversationId") ?? "");
  });
  wire.on("messageArrived", (payload) => {
    const message = fieldsOf(payload);
    const conversationId = textField(message, "conversationId") ?? "";
    const from = fieldsOf(message["from"]);
    if (message["type"] !== "ChatMessage" || from["id"] !== customers.get(conversationId)) return;
    const input = textField(message, "text") ?? "";
    const output = answer(input);
    if (output) {
      const ranked = output.map((text, index) => ({ name: text, confidence: 1 / (index + 1) }));
      wire.emit("sendMessage", {
        conversationId,
        messageId: randomUUID(),
        type: "BotMessage",
        from,
        bot: { id, name, type },
        timestamp: new Date().toISOString(),
        input,
        intents: [{ name: "inform", confidence: 0.9 }],
        entities: [],
        output: ranked,
      });
    } else wire.emit("requestAgentTransfer", { conversationId, ...stamps() });
  });
  wire.emit("registerBot", { id, name, type });
  return self;
}

function answerPlainly(text: string): string[] | undefined {
  if (/agent|human|person|colleague/i.test(text)) return undefined;
  if (/plan/i.test(text)) return ["There are three plans: S, M and L.", "What would you like to know of our plans?"];
  if (/bill/i.test(text)) return ["Your bill is sent on the first of the month.", "What is wrong with your bill?"];
  return [`You said: ${text}`, "I did not understand. Say agent for a colleague of mine."];
}

/** Options of {@link scriptedSolutionAgent}. */
export interface ScriptedSolutionAgentOptions {
  agentId?: string;
  password?: string;
  mrd?: string;
  /** Takes every request by itself. Default: yes. */
  accept?: boolean;
  /** What he says to a customer's text; nothing where it gives undefined. */
  answer?: (text: string) => string | undefined;
}

/** An agent: signs in, is ready, takes what rings, and answers. */
export function scriptedSolutionAgent(
  wire: SolutionWire,
  options: ScriptedSolutionAgentOptions = {},
): ScriptedSolutionParticipant {
  const { agentId = "asha", mrd = "General", accept = true, answer = () => undefined } = options;
  const { password = `${agentId}-secret` } = options;
  const self = listen(wire, ["messageArrived", "receiveChatRequest", "conversationInfo", "amq-msg"]);
  const customers = new Map<string, string>();
  wire.on("receiveChatRequest", (payload) => {
    const customer = fieldsOf(field(fieldsOf(payload), "customer"));
    const conversationId = textField(customer, "conversationId") ?? "";
    customers.set(conversationId, textField(customer, "id") ?? "");
    if (accept) wire.emit("acceptChatRequest", { conversationId });
  });
  wire.on("messageArrived", (payload) => {
    const message = fieldsOf(payload);
    const conversationId = textField(message, "conversationId") ?? "";
    if (message["type"] !== "ChatMessage" || fieldsOf(message["from"])["id"] !== customers.get(conversationId)) return;
    const text = answer(textField(message, "text") ?? "");
    if (text === undefined) return;
    const from = { id: agentId, name: agentId };
    wire.emit("sendMessage", { conversationId, type: "ChatMessage", ...stamps(), from, to: [], text, attachments: [] });
  });
  wire.emit("login", { agentId, password, mrd });
  wire.emit("amq-sub", { AgentId: agentId });
  wire.emit("changeState", { state: "READY", mrd });
  return self;
}

function listen(wire: SolutionWire, names: readonly string[]): ScriptedSolutionParticipant {
  const heard: { name: string; payload: unknown }[] = [];
  for (const name of names) wire.on(name, (payload) => void heard.push({ name, payload }));
  return { heard, emit: (name, payload) => void wire.emit(name, payload), close: () => void wire.close() };
}

function stamps(): { requestId: string; timestamp: string } {
  return { requestId: randomUUID(), timestamp: new Date().toISOString() };
}
