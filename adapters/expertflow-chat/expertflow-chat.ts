import { randomId } from "../../src/kit/ids.ts";
import { NO_CAPABILITIES, type Capabilities } from "../../src/transport/capabilities.ts";
import type { ChatTransport } from "../../src/transport/transport.ts";
import type { Call } from "../../src/transport/call.ts";
import { conversationTransport } from "./conversation-transport.ts";
import { customerDoorway } from "./customer-doorway.ts";
import { asError } from "./link-error.ts";
import type { ExpertflowChatOptions } from "./options.ts";
import { SolutionRest } from "./rest/solution-rest.ts";
import { SolutionLink } from "./solution-link.ts";

/** A customer's chat, and what the service offers around it. */
export interface ExpertflowChat extends ChatTransport {
  /**
   * The transcript as a PDF, after the end of the chat.
   * @param conversationId default: this chat's. @throws ChatError `not-found` while the chat goes on, `bad-frame`, and as REST.
   */
  transcript(call?: Call & { conversationId?: string }): Promise<Blob>;
  /** The service mails the transcript to the customer. Resolves when it has taken the request. @throws ChatError as {@link transcript}. */
  mailTranscript(call?: Call & { conversationId?: string }): Promise<void>;
}

/**
 * A customer's chat on Expertflow Chat Solution: `POST /api/customer/init` and a socket.io connection of its own. Each instance
 * is one conversation; any number live side by side.
 *
 * - A message counts as accepted when the server acknowledges it, shows it back, or has it among the past messages.
 * - Receipts do not exist here; `upload` needs an `uploader`; `history` and `catchUp` go with `pastMessages`.
 * - The greeting is the service's first message. `requestAgent` hands the chat from the bot to a human.
 * @throws ChatError `invalid-config` (from `open`) for an address that cannot be used.
 */
export function expertflowChat(options: ExpertflowChatOptions): ExpertflowChat {
  const rest = new SolutionRest(options);
  const supports = supportsOf(options);
  const link = new SolutionLink<string>(options, {
    putOut: "refused",
    announce: async () => randomId(),
    onState(_previous, current) {
      // Also while the init call is under way, when no conversation lives on the link yet.
      if (current.status === "closed" && current.cause) chat.chat.onLinkClosed(current.reason, current.cause);
    },
    // Without a conversation named, it is this one's: there is no other.
    onEvent: (name, payload) => chat.chat.onEvent(name, payload),
  });
  const chat = conversationTransport({
    link,
    rest,
    options,
    supports,
    doorway: customerDoorway(options, rest, () => void link.open().catch(() => undefined)),
    expectsInfo: options.edition !== "v3",
    uploader: options.uploader,
    handoffKey: options.handoffKey,
    edition: options.edition,
    leaveReason: "customer-left",
    onClosed: () => link.finish("signed-out", asError("signed-out")),
  });

  const idOf = (call?: { conversationId?: string }): string => call?.conversationId ?? chat.chat.conversationId;

  return Object.assign(chat.transport, {
    transcript: async (call?: Call & { conversationId?: string }) => rest.transcriptPdf(idOf(call), call),
    mailTranscript: async (call?: Call & { conversationId?: string }) => rest.transcriptByMail(idOf(call), call),
  });
}

function supportsOf({ uploader, pastMessages }: ExpertflowChatOptions): Capabilities {
  return {
    ...NO_CAPABILITIES,
    chatStates: true,
    requestAgent: true,
    resume: true,
    upload: uploader !== undefined,
    history: pastMessages !== false,
    catchUp: pastMessages !== false,
  };
}
