import { parseXml } from "../../adapters/xmpp-muc/xml.ts";
import type { RecordedStanza } from "../prosody/control.ts";
import type { HistoryShape } from "./shim-state.ts";

/** The room's messages in the shape of the history call's answer; messages without a body are not in it. */
export function historyAnswer(
  records: readonly RecordedStanza[],
  roomJid: string,
  shape: HistoryShape,
): Entry[] | Record<string, unknown> {
  const entries = records.flatMap((record) => entryOf(record, roomJid, shape === "stanzas"));
  const answers: Record<HistoryShape, Entry[] | Record<string, unknown>> = {
    array: entries,
    message: { message: entries },
    stanzas: { message: entries },
    messages: { messages: entries },
    response: { response: entries },
    "response-messages": { response: { messages: entries } },
  };
  return answers[shape];
}

type Entry = Record<string, string | undefined>;

function entryOf({ xml, at }: RecordedStanza, roomJid: string, asStanza: boolean): Entry[] {
  const stanza = parseXml(xml);
  const body = stanza.getChildText("body");
  if (body === null) return [];
  if (asStanza) return [{ stanza: xml }];
  const { from, type } = stanza.attrs;
  return [{ to: roomJid, from, type, body, delay_stamp: at.toISOString(), delay_from: from }];
}
