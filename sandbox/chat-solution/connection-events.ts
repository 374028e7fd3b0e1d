import { pushPending } from "./external-messages.ts";
import { textField } from "./read.ts";
import { Refusal } from "./refusal.ts";
import type { Turn } from "./turn.ts";

/** A connector serves a channel: from now on it is given that channel's third-party messages. */
function registerConnector(turn: Turn): void {
  const { centre, seat } = turn;
  const [id, channel] = [turn.text("id"), turn.text("channel")];
  if (id !== channel) throw new Refusal("bad-payload", "The id of a connector is the name of its channel.");
  const before = centre.connectors.get(id);
  turn.identify({ kind: "connector", id, name: textField(turn.payload, "name") ?? id });
  turn.replace(before);
  centre.connectors.set(id, seat);
  pushPending(centre, id);
}

/** A bot makes itself available. Conversations it had before are given to it again: it may have forgotten them. */
function registerBot(turn: Turn): void {
  const { centre, seat } = turn;
  const id = turn.text("id");
  const before = centre.bots.get(id);
  turn.identify({
    kind: "bot",
    id,
    name: textField(turn.payload, "name") ?? id,
    type: textField(turn.payload, "type") ?? "",
  });
  turn.replace(before);
  centre.bots.set(id, seat);
  for (const conversation of centre.conversations.values()) {
    if (conversation.open && conversation.botId === id && !conversation.seats.has(seat))
      centre.giveToBot(conversation, id);
  }
}

/** How bots and connectors say who they are. */
export const CONNECTION_EVENTS: Readonly<Record<string, (turn: Turn) => void>> = { registerConnector, registerBot };
