import { isFields, textField, type Fields } from "./read.ts";
import type { SolutionCentre } from "./solution-centre.ts";
import type { WireExternalMessage } from "./wire.ts";

/** A third-party message, and what has become of it. */
export interface ExternalRecord {
  readonly message: WireExternalMessage;
  /** How often it was written to a connector. */
  pushed: number;
  acknowledged: boolean;
}

/** REST calls that wait for the acknowledgement of a message, whichever of its pushes it answers. */
const waiting = new WeakMap<ExternalRecord, Set<() => void>>();

/** What the REST call is answered. */
export type ExternalOutcome = "taken" | "no-connector" | "not-acknowledged";

/** Reads the body of `POST /api/external/message`. @returns what is wrong with it otherwise. */
export function readExternal(body: unknown): WireExternalMessage | string {
  if (!isFields(body)) return "The body is a JSON object.";
  const [channel, messageId, destination, text, timestamp] = [
    textField(body, "channel"),
    textField(body, "messageId"),
    textField(body, "destination"),
    textField(body, "text"),
    textField(body, "timestamp"),
  ];
  if (channel === undefined) return "channel is missing.";
  if (messageId === undefined) return "messageId is missing.";
  if (destination === undefined) return "destination is missing.";
  if (text === undefined) return "text is missing.";
  const from = isFields(body["from"]) ? body["from"] : {};
  return { channel, messageId, destination, from, text, timestamp: timestamp ?? new Date().toISOString() };
}

/**
 * Gives a third-party message to the connector of its channel. Without acknowledgements, written is taken. With them a
 * message is kept until the connector has acknowledged it, and written again whenever the connector registers; a message
 * that was acknowledged before is taken, and not written again.
 */
export async function submitExternal(centre: SolutionCentre, message: WireExternalMessage): Promise<ExternalOutcome> {
  const { acknowledge, externalAckMs } = centre.switches;
  const known = centre.external.get(message.messageId);
  if (acknowledge && known?.acknowledged === true) return "taken";
  if (!centre.connectors.has(message.channel)) return "no-connector";
  const record = known ?? { message, pushed: 0, acknowledged: false };
  centre.external.set(message.messageId, record);
  if (!acknowledge) {
    push(centre, record);
    return "taken";
  }
  return new Promise((resolve) => {
    const callers = waiting.get(record) ?? new Set();
    waiting.set(record, callers);
    const settle = (outcome: ExternalOutcome): void => {
      clearTimeout(late);
      callers.delete(taken);
      resolve(outcome);
    };
    const taken = (): void => settle("taken");
    const late = setTimeout(() => settle("not-acknowledged"), externalAckMs);
    callers.add(taken);
    push(centre, record);
  });
}

/** What a connector has not acknowledged is written to it again. */
export function pushPending(centre: SolutionCentre, channel: string): void {
  if (!centre.switches.acknowledge) return;
  for (const record of centre.external.values()) {
    if (!record.acknowledged && record.message.channel === channel) push(centre, record);
  }
}

function push(centre: SolutionCentre, record: ExternalRecord): void {
  const seat = centre.connectors.get(record.message.channel);
  if (!seat) return;
  const payload: Fields = { ...record.message };
  const acknowledged = (): void => {
    record.acknowledged = true;
    for (const caller of waiting.get(record) ?? []) caller();
  };
  const { externalEvent, acknowledge } = centre.switches;
  if (centre.emit(seat, externalEvent, payload, acknowledge ? acknowledged : undefined)) record.pushed++;
}
