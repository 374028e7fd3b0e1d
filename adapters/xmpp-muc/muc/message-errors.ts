import { ChatError, type ChatErrorCode } from "../../../src/transport/errors.ts";
import { lookUp } from "../xep/read.ts";
import type { RoomStanza } from "./room-stanza.ts";

interface Row {
  code: ChatErrorCode;
  vendor: string;
  message: string;
}

// XEP-0045 §7.4 and RFC 6120 §8.3.3.
const ROWS: Readonly<Record<string, Row | undefined>> = {
  "not-acceptable": {
    code: "unreachable",
    vendor: "message/not-acceptable",
    message: "The room did not take the message: it does not know us any more.",
  },
  forbidden: { code: "refused", vendor: "message/forbidden", message: "The customer may not speak in this room." },
  "item-not-found": { code: "not-found", vendor: "message/not-found", message: "The room no longer exists." },
  "policy-violation": {
    code: "too-large",
    vendor: "message/too-large",
    message: "The message is over a limit of the server.",
  },
  "resource-constraint": {
    code: "rate-limited",
    vendor: "message/resource-constraint",
    message: "The server takes no more messages for now.",
  },
  "remote-server-not-found": {
    code: "unreachable",
    vendor: "message/unreachable",
    message: "The room's server cannot be reached.",
  },
  "remote-server-timeout": {
    code: "unreachable",
    vendor: "message/unreachable",
    message: "The room's server does not answer.",
  },
};

/** The error that a message of ours came back with. */
export function mapMessageError(stanza: RoomStanza): ChatError {
  const condition = stanza.condition ?? "undefined-condition";
  const row = lookUp(ROWS, condition) ?? {
    code: "refused",
    vendor: `message/${condition}`,
    message: `The room refused the message (${condition}).`,
  };
  const { errorText } = stanza;
  const said = errorText === undefined || errorText === "" ? "" : ` It says: ${errorText.slice(0, 200)}`;
  return new ChatError(row.code, row.message + said, { vendor: { name: "xmpp", code: row.vendor } });
}

/** Whether the error says that we are not in the room (any more). */
export function meansNotJoined(stanza: RoomStanza): boolean {
  return stanza.condition === "not-acceptable";
}
