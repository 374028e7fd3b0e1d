import { describe, it } from "vitest";
import { NO_AGENT_CAPABILITIES } from "../../src/agent/index.ts";
import { describeAgentTransportContract, describeTransportContract } from "./index.ts";
import { memoryAgentSubject, memoryConversationSubject } from "./support/memory-agent-subject.ts";

describeAgentTransportContract("memory agents with everything", memoryAgentSubject(), { describe, it });

// The cases of absence: what is not declared must not be there.
const nothing = memoryAgentSubject({ supports: NO_AGENT_CAPABILITIES });
describeAgentTransportContract("memory agents with nothing", nothing, { describe, it });

describeTransportContract("a memory agent's conversation", memoryConversationSubject(), { describe, it });
