import type { Call } from "../../src/transport/call.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { StanzaLink } from "./connection/link.ts";
import { readIqError } from "./upload/upload-errors.ts";
import { encodePing } from "./xep/0199-ping.ts";
import { mapSelfPing, type Membership } from "./xep/0410-self-ping.ts";
import { xml } from "./xml.ts";

/** Pings our own occupant (XEP-0410). No answer is an answer too: `unknown`. @throws ChatError `aborted`. */
export async function pingRoom(
  link: StanzaLink,
  occupant: { room: string; nick: string; nickChanged: boolean },
  call?: Call,
): Promise<Membership> {
  const to = `${occupant.room}/${occupant.nick}`;
  try {
    await link.request(xml("iq", { type: "get", to }, encodePing()), call);
    return mapSelfPing(undefined, occupant);
  } catch (error) {
    if (!ChatError.isInstance(error) || error.code === "aborted") throw error;
    const answer = readIqError(error);
    return mapSelfPing({ condition: answer?.condition, by: answer?.by }, occupant);
  }
}
