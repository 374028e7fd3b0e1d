import { describe, it } from "vitest";
import { sharedProsody } from "../integration/servers.ts";
import { describeTransportContract } from "./index.ts";
import { boshWire } from "./support/wire.ts";
import { xmppSubject } from "./xmpp-harness.ts";

const subject = xmppSubject(sharedProsody(), (server, endSession) => boshWire(server.boshUrl, endSession));

describeTransportContract("Prosody over BOSH", subject, { describe, it });
