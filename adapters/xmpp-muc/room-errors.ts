import { ChatError } from "../../src/transport/errors.ts";
import type { CloseReason } from "../../src/transport/states.ts";

const REFUSALS: ReadonlySet<string> = new Set(["refused", "unauthorized", "conflict", "not-found"]);

/** Which reason a join that failed for good closes with. */
export function openReason(cause: ChatError): CloseReason {
  if (REFUSALS.has(cause.code)) return "refused";
  if (cause.code === "aborted") return "customer-left";
  return cause.code === "timed-out" ? "timed-out" : "connection-lost";
}

/** What is under way when the link or the room loses us. */
export function linkLost(cause: ChatError): ChatError {
  const { vendor } = cause.info;
  return new ChatError("unreachable", "The link to the conversation was lost.", { cause, ...(vendor && { vendor }) });
}

/** The room answered as if we were not in it. */
export function notJoined(): ChatError {
  return new ChatError("unreachable", "The room no longer knows us.", { vendor: { name: "xmpp", code: "muc/lost" } });
}

/** There is nothing to call the customer by. */
export function noNick(): ChatError {
  return new ChatError("invalid-argument", "The customer has no name that a room could take.", {
    remedy: "Give customer.name, or the option nick.",
  });
}
