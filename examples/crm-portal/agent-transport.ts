import type { AgentTransport } from "switchboard-chat/agent";
import { expertflowChatAgent } from "switchboard-chat/adapters/expertflow-chat/agent";
import { xmppAgent } from "switchboard-chat/adapters/xmpp-muc/agent";
import type { PortalConfig } from "./page.ts";

/** With what the agent signs in. On XMPP the id is the bare JID. */
export interface DeskCredentials {
  agentId: string;
  password: string;
}

/** The agent's way to the contact centre: the one place of the portal that knows a vendor. */
export function agentTransport({ service, colleagues = [] }: PortalConfig, who: DeskCredentials): AgentTransport {
  if (service.vendor === "chat-solution")
    return expertflowChatAgent({ url: service.url, domains: service.domains, credentialsProvider: async () => who });
  const { websocketUrl, domain, unseenVisitors = false } = service;
  const self = colleagues.find(({ id }) => id === who.agentId);
  const [username = ""] = who.agentId.split("@");
  return xmppAgent({
    connection: { websocketUrl, domain },
    credentialsProvider: async () => ({ username, password: who.password }),
    name: self?.name ?? username,
    role: self?.role ?? "agent",
    colleagues: colleagues.filter((each) => each !== self),
    unseenVisitors,
  });
}
