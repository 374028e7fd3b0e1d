import { describe, it } from "vitest";
import { sharedProsody } from "../integration/servers.ts";
import { describeAgentTransportContract, type ContractRunner } from "./index.ts";
import { boshWire } from "./support/wire.ts";
import { xmppAgentSubject } from "./xmpp-agent-harness.ts";

const runner: ContractRunner = { describe, it };
const prosody = sharedProsody();

// Their conversations pass the transport suite over WebSocket, and the same rooms over BOSH as a customer's.
describeAgentTransportContract(
  "XMPP agents on Prosody over BOSH",
  xmppAgentSubject(prosody, ({ boshUrl }, endSession) => boshWire(boshUrl, endSession)),
  runner,
);
