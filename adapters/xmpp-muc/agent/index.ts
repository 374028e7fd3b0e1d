export { xmppAgent, XMPP_AGENT_SUPPORTS } from "./xmpp-agent.ts";
export type { XmppAgentOptions, XmppColleague } from "./xmpp-agent-options.ts";
