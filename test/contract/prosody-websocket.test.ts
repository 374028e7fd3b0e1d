import { describe, it } from "vitest";
import { sharedProsody } from "../integration/servers.ts";
import { describeTransportContract } from "./index.ts";
import { websocketWire } from "./support/websocket-wire.ts";
import { xmppSubject } from "./xmpp-harness.ts";

const subject = xmppSubject(sharedProsody(), ({ wsUrl }) => websocketWire(wsUrl));

describeTransportContract("Prosody over WebSocket", subject, { describe, it });
