import { describe, it } from "vitest";
import { describeTransportContract } from "../contract/index.ts";
import { memorySubject } from "../contract/support/memory-subject.ts";

describeTransportContract("memory in Chromium", memorySubject(), { describe, it });
