import { describe, it } from "vitest";
import { sharedEjabberd } from "../integration/servers.ts";
import { describeTransportContract } from "./index.ts";
import { boshWire } from "./support/wire.ts";
import { xmppSubject } from "./xmpp-harness.ts";

const subject = xmppSubject(sharedEjabberd(), (server, endSession) => boshWire(server.boshUrl, endSession));

describeTransportContract("ejabberd over BOSH", subject, { describe, it });
