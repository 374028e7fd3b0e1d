import { describe, it } from "vitest";
import { sharedEjabberd } from "../integration/servers.ts";
import { describeTransportContract } from "./index.ts";
import { websocketWire } from "./support/websocket-wire.ts";
import { xmppSubject } from "./xmpp-harness.ts";

const subject = xmppSubject(sharedEjabberd(), ({ wsUrl }) => websocketWire(wsUrl));

describeTransportContract("ejabberd over WebSocket", subject, { describe, it });
