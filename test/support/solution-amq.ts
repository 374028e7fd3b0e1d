import type { AmqMapping } from "../../adapters/expertflow-chat/agent/index.ts";

const OUTCOMES: Readonly<Record<string, "elsewhere" | "no-answer" | undefined>> = {
  accepted: "elsewhere",
  "no-answer": "no-answer",
};

/** What the sandbox's contact centre does by ActiveMQ where its switch `ringEndsByAmq` says so. */
export const RINGS_END: AmqMapping = {
  endsRequests: true,
  read({ head, conversationId, reason }) {
    if (head !== "ChatRequestWithdrawn" || typeof conversationId !== "string") return undefined;
    return {
      kind: "request-ended",
      conversationId,
      outcome: OUTCOMES[typeof reason === "string" ? reason : ""] ?? "withdrawn",
    };
  },
};
