import { describe, it } from "vitest";
import { NO_CAPABILITIES } from "../../src/transport/index.ts";
import { sharedProsody } from "../integration/servers.ts";
import { describeTransportContract } from "./index.ts";
import { memorySubject } from "./support/memory-subject.ts";
import { followingSubject, leadingSubject } from "./support/shared-subject.ts";
import { boshWire } from "./support/wire.ts";
import { xmppSubject } from "./xmpp-harness.ts";

describeTransportContract("memory in the tab that leads", leadingSubject(memorySubject()), { describe, it });

describeTransportContract("memory in a tab that follows", followingSubject(memorySubject()), { describe, it });

describeTransportContract(
  "memory with nothing, in a tab that follows",
  followingSubject(memorySubject({ supports: NO_CAPABILITIES })),
  { describe, it },
);

describeTransportContract(
  "memory on a service that allows less, in a tab that follows",
  followingSubject(
    memorySubject({ serverLacks: ["upload", "history", "edit", "retract", "react", "chatStates", "requestAgent"] }),
  ),
  { describe, it },
);

const prosody = xmppSubject(sharedProsody(), (server, endSession) => boshWire(server.boshUrl, endSession));

describeTransportContract("Prosody over BOSH in the tab that leads", leadingSubject(prosody), { describe, it });

describeTransportContract("Prosody over BOSH in a tab that follows", followingSubject(prosody), { describe, it });
