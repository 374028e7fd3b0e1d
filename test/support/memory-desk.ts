import { vi } from "vitest";
import { createMemoryCentre, memoryAgent, type MemoryAgentOptions } from "../../adapters/memory/agent/index.ts";
import { memory } from "../../adapters/memory/index.ts";
import { createAgentSession, type AgentSession, type AgentSessionOptions } from "../../src/agent/index.ts";
import { createChatSession, type ChatSession } from "../../src/session/index.ts";

/** Who works in the memory contact centre of a test. */
export const STAFF = [
  { id: "asha", name: "Asha", role: "agent", secret: "a" },
  { id: "ben", name: "Ben", role: "agent", secret: "b" },
  { id: "sonia", name: "Sonia", role: "supervisor", secret: "s" },
] as const;

/** A contact centre in memory with desks and customers. */
export function memoryFloor(): {
  centre: ReturnType<typeof createMemoryCentre>;
  /** Signed in, ready unless it is a supervisor's. */
  desk: (
    id: "asha" | "ben" | "sonia",
    options?: Partial<MemoryAgentOptions>,
    how?: AgentSessionOptions,
  ) => Promise<AgentSession>;
  /** A customer who has come, with their conversation. */
  customer: (name?: string) => Promise<{ id: string; chat: ChatSession; texts(): string[] }>;
} {
  const centre = createMemoryCentre({ agents: STAFF });
  return {
    centre,
    async desk(id, options = {}, how = {}) {
      const secret = STAFF.find((each) => each.id === id)?.secret ?? "";
      const transport = memoryAgent({
        service: centre,
        credentialsProvider: async () => ({ agentId: id, secret }),
        reconnect: { nextDelayMs: () => 0 },
        ...options,
      });
      const session = createAgentSession(transport, how);
      await session.signIn({ availability: { ready: id !== "sonia" } });
      return session;
    },
    async customer(name = "Ravi") {
      const { conversationId, service } = centre.customer({ customer: { name } });
      const chat = createChatSession(memory({ service, reconnect: { nextDelayMs: () => 0 } }));
      await chat.start({ customer: { name } });
      return { id: conversationId, chat, texts: () => textsOf(chat) };
    },
  };
}

/** The texts of a chat, oldest first. */
export function textsOf({ messages }: Pick<ChatSession, "messages">): string[] {
  return messages.flatMap(({ body }) => (body.kind === "text" ? [body.text] : []));
}

/** The request that rings, once it does. */
export async function ringing(desk: AgentSession, count = 1): Promise<AgentSession["requests"][number]> {
  await vi.waitFor(() => {
    if (desk.requests.length < count) throw new Error("nothing rings");
  });
  const request = desk.requests[count - 1];
  if (!request) throw new Error("it rings no more");
  return request;
}
