import { describe, it } from "vitest";
import { NO_CAPABILITIES } from "../../src/transport/index.ts";
import { describeTransportContract } from "./index.ts";
import { memorySubject } from "./support/memory-subject.ts";

describeTransportContract("memory with everything", memorySubject(), { describe, it });

// The cases of absence: what is not declared must not be there.
describeTransportContract("memory with nothing", memorySubject({ supports: NO_CAPABILITIES }), { describe, it });

describeTransportContract(
  "memory on a service that allows less",
  memorySubject({ serverLacks: ["upload", "history", "edit", "retract", "react", "chatStates", "requestAgent"] }),
  { describe, it },
);

describeTransportContract(
  "memory with displayed markers only",
  memorySubject({ supports: { ...NO_CAPABILITIES, displayedMarkers: true } }),
  { describe, it },
);
