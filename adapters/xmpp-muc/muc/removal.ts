import { ChatError } from "../../../src/transport/errors.ts";
import type { EndedEvent } from "../../../src/transport/events.ts";
import type { CloseReason } from "../../../src/transport/states.ts";
import type { MucUser } from "../xep/0045-muc.ts";

/** What our own unavailable presence means: the chat is over, or only the way to it is. */
export type Removal =
  | { kind: "closed"; reason: CloseReason; ended: EndedEvent | undefined; cause: ChatError }
  | { kind: "lost"; cause: ChatError };

/** Reads `x[muc#user]` of our unavailable self-presence (XEP-0045 §9, §10.9, §11; status codes §15.6.2). */
export function mapRemoval(user: MucUser): Removal {
  const statuses = new Set(user.statuses);
  const reason = user.destroy?.reason ?? user.items[0]?.reason;
  const said = reason === undefined || reason === "" ? "" : ` The reason given: ${reason.slice(0, 200)}`;
  const cause = (message: string, vendor: string, code: "refused" | "closed" | "unreachable"): ChatError =>
    new ChatError(code, message + said, {
      vendor: { name: "xmpp", code: vendor },
      ...(code === "refused" && { remedy: "Start a new chat." }),
    });
  if (user.destroy) return ended("agent-ended", cause("The room was closed.", "muc/destroyed", "closed"));
  // With 333 a 307 is only how the service says that the way to us was lost (§11.1).
  if (statuses.has(333))
    return { kind: "lost", cause: cause("The room lost touch with us.", "muc/lost", "unreachable") };
  if (statuses.has(332)) {
    return { kind: "lost", cause: cause("The room's service is shutting down.", "muc/shutdown", "unreachable") };
  }
  if (statuses.has(301))
    return ended("refused", cause("The customer was banned from the room.", "muc/banned", "refused"));
  if (statuses.has(307))
    return ended("refused", cause("The customer was removed from the room.", "muc/kicked", "refused"));
  if (statuses.has(321) || statuses.has(322)) {
    return ended("refused", cause("The customer is no longer a member of the room.", "muc/removed", "refused"));
  }
  return { kind: "lost", cause: cause("The room dropped us without saying why.", "muc/lost", "unreachable") };
}

function ended(reason: CloseReason, cause: ChatError): Removal {
  return { kind: "closed", reason, ended: { by: "agent" }, cause };
}
