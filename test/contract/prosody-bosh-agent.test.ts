import { describe, it } from "vitest";
import { sharedProsody } from "../integration/servers.ts";
import { describeAgentTransportContract, describeTransportContract, type ContractRunner } from "./index.ts";
import { boshWire } from "./support/wire.ts";
import { xmppAgentSubject, xmppConversationSubject } from "./xmpp-agent-harness.ts";

const runner: ContractRunner = { describe, it };
const prosody = sharedProsody();

describeAgentTransportContract(
  "XMPP agents on Prosody over BOSH",
  xmppAgentSubject(prosody, ({ boshUrl }, endSession) => boshWire(boshUrl, endSession)),
  runner,
);

describeTransportContract(
  "an XMPP agent's conversation on Prosody over BOSH",
  xmppConversationSubject(prosody, ({ boshUrl }, endSession) => boshWire(boshUrl, endSession)),
  runner,
);
