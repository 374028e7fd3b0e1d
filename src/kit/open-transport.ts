import type { Call } from "../transport/call.ts";
import { ChatError, type ChatErrorCode } from "../transport/errors.ts";
import type { CloseReason, Conversation, TransportState } from "../transport/states.ts";
import { assertNotAborted, withDeadline } from "./deadline.ts";

const WHAT = "Opening the chat";

/** What opening works on. */
export interface Openable {
  readonly state: TransportState;
  /** Any state `→ closed`. */
  finish(reason: CloseReason, failure: ChatError, cause?: ChatError): void;
}

/**
 * `ChatTransport.open` as the contract has it: once, in time, and closed with the right reason when it fails.
 * @param join `idle → connecting`; follows the service's answer. What it closes itself stays closed as it is.
 * @param leaving what an abort is closed as.
 */
export async function openTransport(
  chat: Openable,
  join: () => Promise<Conversation>,
  call: Call | undefined,
  leaving: CloseReason = "customer-left",
): Promise<Conversation> {
  assertNotAborted(call?.signal, WHAT);
  const { status } = chat.state;
  if (status === "closed")
    throw new ChatError("closed", `${WHAT} is not possible: this chat is over.`, { remedy: "Start a new chat." });
  if (status !== "idle")
    throw new ChatError("invalid-argument", "This chat is open already; a new chat is a new transport.");
  try {
    return await withDeadline(call, 30_000, WHAT, join);
  } catch (error) {
    const cause = ChatError.from(error, "unreachable", `${WHAT} failed.`);
    chat.finish(cause.code === "aborted" ? leaving : reasonOf(cause.code), cause, cause);
    throw cause;
  }
}

function reasonOf(code: ChatErrorCode): CloseReason {
  return code === "timed-out" ? "timed-out" : "connection-lost";
}
