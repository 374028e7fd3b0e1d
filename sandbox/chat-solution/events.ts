import { AGENT_EVENTS } from "./agent-events.ts";
import { CONNECTION_EVENTS } from "./connection-events.ts";
import { CONVERSATION_EVENTS } from "./conversation-events.ts";
import { textField, type Fields, isFields } from "./read.ts";
import { Refusal } from "./refusal.ts";
import type { Seat } from "./seat.ts";
import type { SolutionCentre } from "./solution-centre.ts";
import type { Acknowledge } from "./solution-server.ts";
import { Turn } from "./turn.ts";

/** An event of a client. */
interface Incoming {
  name: string;
  payload: unknown;
  ack: Acknowledge | undefined;
}

/** Every event that clients send, of all four APIs. `bargeln` is how the guide's table prints `bargeIn`. */
const HANDLERS: ReadonlyMap<string, (turn: Turn) => void> = new Map([
  ...Object.entries(CONNECTION_EVENTS),
  ...Object.entries(CONVERSATION_EVENTS),
  ...Object.entries(AGENT_EVENTS),
]);

/** Names of the events that the server takes. */
export const CLIENT_EVENTS: readonly string[] = [...HANDLERS.keys()];

/** Does what a client's event asks for, or says why not. */
export function takeEvent(centre: SolutionCentre, seat: Seat, { name, payload, ack }: Incoming): void {
  if (seat.muted || centre.swallows("in", name)) return;
  if (takes(centre.faults.cutBefore, name)) {
    seat.muted = true;
    centre.cutLink(seat);
    return;
  }
  if (centre.switches.record) centre.received.push({ name, payload, by: seat.identity?.id });
  const cut = takes(centre.faults.cutAfter, name);
  if (cut) seat.muted = true;
  try {
    const fields = readPayload(payload);
    const handler = HANDLERS.get(name);
    if (!handler) throw new Refusal("unknown-event", `There is no event ${name}.`);
    handler(new Turn(centre, seat, name, fields));
    acknowledge(centre, seat, ack, { status: "ok", requestId: textField(fields, "requestId") });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(centre, seat, { name, payload, ack }, error);
  }
  if (cut) centre.cutLink(seat);
}

function readPayload(payload: unknown): Fields {
  if (isFields(payload)) return payload;
  throw new Refusal("bad-payload", "The payload is a JSON object.");
}

function refuse(centre: SolutionCentre, seat: Seat, { name, payload, ack }: Incoming, refusal: Refusal): void {
  const { code, message } = refusal;
  const fields = isFields(payload) ? payload : {};
  const by = seat.identity?.id ?? [...seat.conversations][0]?.customer.id ?? "";
  centre.refused.push({ event: name, by, code, payload });
  const { refusals } = centre.switches;
  if (refusals === "silent") return;
  acknowledge(centre, seat, ack, { status: "error", code, message });
  if (refusals === "ack") return;
  const requestId = textField(fields, "requestId");
  const info = { event: name, code, message, ...(requestId !== undefined && { requestId }) };
  centre.tell(seat, textField(fields, "conversationId") ?? "", "error", info);
}

function acknowledge(centre: SolutionCentre, seat: Seat, ack: Acknowledge | undefined, answer: unknown): void {
  if (centre.switches.acknowledge && !seat.muted && !centre.swallows("out", "ack")) ack?.(answer);
}

function takes(list: string[], name: string): boolean {
  const index = list.findIndex((each) => each === name || each === "*");
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}
