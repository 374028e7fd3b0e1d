import { field, textField, type Fields } from "./read.ts";
import { Refusal } from "./refusal.ts";
import { endRing, tellIfNobodyIsLeft } from "./routing.ts";
import type { SignedInAgent, SolutionCentre } from "./solution-centre.ts";
import type { Turn } from "./turn.ts";
import { toWireAccount } from "./wire-objects.ts";

/** Listens to the message broker's topic of an agent. */
function subscribe(turn: Turn): void {
  const id = textField(turn.payload, "AgentId") ?? textField(turn.payload, "agentId");
  if (id === undefined) throw new Refusal("bad-payload", "AgentId is missing.");
  if (turn.account().id !== id) throw new Refusal("not-signed-in", "That topic is somebody else's.");
  turn.seat.subscribed = true;
}

/** Hands a message to the broker; some are answered. */
function send(turn: Turn): void {
  const head = turn.text("head");
  const { centre } = turn;
  const agent = centre.agents.get(turn.account().id);
  const answer = agent && centre.amq.get(head)?.(turn.payload, agent);
  if (agent && answer) centre.tellAmq(agent.account.id, { head, ...answer });
}

/** The way through to ActiveMQ, which the guide only passes. */
export const AMQ_EVENTS: Readonly<Record<string, (turn: Turn) => void>> = { "amq-sub": subscribe, "amq-send": send };

/**
 * What a host could map to what the guide has no event for. None of it is the vendor's: these are examples of a site's own
 * agreement with its message broker. `Login` is answered by `AgentInfo`, which the guide names.
 */
export function installAmqSamples(centre: SolutionCentre): void {
  centre.amq.set("Login", (_payload, { account, states }) => ({
    head: "AgentInfo",
    agent: toWireAccount(centre, account),
    states: Object.fromEntries(states),
  }));
  centre.amq.set("DeclineChatRequest", (payload, agent) => decline(centre, payload, agent));
  centre.amq.set("Logout", (payload, agent) => logout(centre, payload, agent));
  centre.amq.set("QueueState", () => ({ head: "QueueState", queues: queueStates(centre) }));
}

function decline(centre: SolutionCentre, payload: Fields, { account }: SignedInAgent): Fields | undefined {
  const conversation = centre.conversation(textField(payload, "conversationId") ?? "");
  if (!conversation || !conversation.ringing.has(account.id)) return undefined;
  conversation.declined.add(account.id);
  endRing(centre, conversation, account.id, "declined");
  tellIfNobodyIsLeft(centre, conversation);
  return undefined;
}

function logout(centre: SolutionCentre, payload: Fields, { account, states }: SignedInAgent): Fields {
  const domain = textField(payload, "mrd");
  if (domain === undefined) states.clear();
  else states.delete(domain);
  for (const conversation of centre.conversations.values()) {
    if (conversation.ringing.has(account.id)) endRing(centre, conversation, account.id, "signed-out");
  }
  return { head: "AgentInfo", states: Object.fromEntries(states), reason: field(payload, "reason") ?? "" };
}

function queueStates(centre: SolutionCentre): Fields[] {
  return centre.queues.map((mrd) => ({
    mrd,
    waiting: [...centre.conversations.values()].filter(({ open, waiting, queue }) => open && waiting && queue === mrd)
      .length,
    ready: [...centre.agents.values()].filter(({ states }) =>
      [...states].some(([domain, state]) => state === "READY" && centre.queueOf(domain) === mrd),
    ).length,
  }));
}
