import { describe, it } from "vitest";
import { sharedProsody } from "../integration/servers.ts";
import { describeAgentTransportContract, describeTransportContract, type ContractRunner } from "./index.ts";
import { websocketWire } from "./support/websocket-wire.ts";
import { xmppAgentSubject, xmppConversationSubject } from "./xmpp-agent-harness.ts";

const runner: ContractRunner = { describe, it };
const prosody = sharedProsody();

describeAgentTransportContract(
  "XMPP agents on Prosody over WebSocket",
  xmppAgentSubject(prosody, ({ wsUrl }) => websocketWire(wsUrl)),
  runner,
);

describeTransportContract(
  "an XMPP agent's conversation on Prosody over WebSocket",
  xmppConversationSubject(prosody, ({ wsUrl }) => websocketWire(wsUrl)),
  runner,
);
