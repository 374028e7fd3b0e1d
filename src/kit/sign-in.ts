import type { Call } from "../transport/call.ts";
import { ChatError, type ChatErrorCode } from "../transport/errors.ts";
import type { LinkCloseReason, LinkState } from "../transport/link-state.ts";
import { assertNotAborted, withDeadline } from "./deadline.ts";

const WHAT = "Signing in";

/** What signing in works on. */
export interface SignsIn<Who> {
  readonly state: LinkState<Who>;
  /** Any state `→ closed`. */
  finish(reason: LinkCloseReason, failure: ChatError, cause?: ChatError): void;
}

/**
 * Signing in as the contracts of agents, bots and connectors have it: once, in time, and closed with the right reason when
 * it fails.
 * @param join `idle → connecting`; follows the service's answer. What it closes itself stays closed as it is.
 * @throws ChatError `closed`, `invalid-argument` when signed in already, or what `join` throws.
 */
export async function signInOnce<Who>(
  link: SignsIn<Who>,
  join: (signal: AbortSignal) => Promise<Who>,
  call: Call | undefined,
): Promise<Who> {
  assertNotAborted(call?.signal, WHAT);
  const { status } = link.state;
  if (status === "closed") throw signedOut(WHAT);
  if (status !== "idle")
    throw new ChatError("invalid-argument", "Signed in already, or about to be; another one is a new transport.");
  try {
    return await withDeadline(call, 30_000, WHAT, join);
  } catch (error) {
    const cause = ChatError.from(error, "unreachable", `${WHAT} failed.`);
    link.finish(reasonOf(cause.code), cause, cause);
    throw cause;
  }
}

/** What everything rejects with once it is over. @param what names the operation: "Declining". */
export function signedOut(what: string): ChatError {
  return new ChatError("closed", `${what} is not possible: this agent is signed out.`, { remedy: "Sign in again." });
}

/**
 * Checks what comes before anything is sent, in the order that the contracts give it.
 * @throws ChatError `aborted`, `closed`, `not-connected`.
 */
export function assertOnline(state: LinkState<unknown>, call: Call | undefined, what: string): void {
  assertNotAborted(call?.signal, what);
  if (state.status === "closed") throw signedOut(what);
  if (state.status !== "online")
    throw new ChatError("not-connected", `${what} needs an agent who is signed in; it is ${state.status}.`, {
      remedy: state.status === "idle" ? "Call signIn first." : "Wait until the link is back.",
    });
}

const REFUSALS: ReadonlySet<ChatErrorCode> = new Set(["refused", "unauthorized", "conflict", "not-found"]);

function reasonOf(code: ChatErrorCode): LinkCloseReason {
  if (REFUSALS.has(code)) return "refused";
  return code === "aborted" ? "signed-out" : "connection-lost";
}
