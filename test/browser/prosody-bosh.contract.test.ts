import { describe, it } from "vitest";
import { describeTransportContract } from "../contract/index.ts";
import { boshWire } from "../contract/support/wire.ts";
import { xmppSubject } from "../contract/xmpp-harness.ts";
import { sharedProsody } from "../integration/servers.ts";

const subject = xmppSubject(sharedProsody(), (server, endSession) => boshWire(server.boshUrl, endSession));

describeTransportContract("Prosody over BOSH in Chromium", subject, { describe, it });
