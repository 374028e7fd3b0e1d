import { describe, it } from "vitest";
import { NO_CAPABILITIES } from "../../src/transport/index.ts";
import { describeTransportContract } from "./index.ts";
import { followingSubject, leadingSubject } from "./support/shared-subject.ts";

describeTransportContract("memory in the tab that leads", leadingSubject(), { describe, it });
describeTransportContract("memory in a tab that follows", followingSubject(), { describe, it });
describeTransportContract(
  "memory with nothing, in a tab that follows",
  followingSubject({ supports: NO_CAPABILITIES }),
  {
    describe,
    it,
  },
);
describeTransportContract(
  "memory on a service that allows less, in a tab that follows",
  followingSubject({ serverLacks: ["upload", "history", "edit", "retract", "react", "chatStates", "requestAgent"] }),
  { describe, it },
);
