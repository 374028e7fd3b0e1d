import { describe, it } from "vitest";
import { describeAgentTransportContract } from "./index.ts";
import { solutionAgentSubject } from "./support/solution-agent-subject.ts";

const runner = { describe, it };

describeAgentTransportContract("Chat Solution, WebSocket", solutionAgentSubject({ transports: ["websocket"] }), runner);
describeAgentTransportContract(
  "Chat Solution, polling alone, on socket.io 2, rings that end by ActiveMQ",
  solutionAgentSubject({ transports: ["polling"], socketIo: 2, amq: true }),
  runner,
);
describeAgentTransportContract(
  "Chat Solution that acknowledges, with the guide's misprints",
  solutionAgentSubject({
    transports: ["websocket"],
    switches: { acknowledge: true, echo: false, refusals: "ack", slips: true, conversationInfo: "arrays" },
  }),
  runner,
);
