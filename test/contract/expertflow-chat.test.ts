import { describe, it } from "vitest";
import { describeTransportContract } from "./index.ts";
import { solutionSubject } from "./support/solution-subject.ts";

const runner = { describe, it };

describeTransportContract("Chat Solution, polling alone", solutionSubject({ transports: ["polling"] }), runner);
describeTransportContract("Chat Solution, WebSocket", solutionSubject({ transports: ["websocket"] }), runner);
describeTransportContract(
  "Chat Solution of 2018: socket.io 2, version 3 of the guide, lists as they are, past messages by a body",
  solutionSubject({
    transports: ["polling"],
    socketIo: 2,
    switches: { edition: "v3", conversationInfo: "none", pastMessages: "body", timestamps: "client" },
    chat: { edition: "v3", pastMessages: "body" },
  }),
  runner,
);
describeTransportContract(
  "Chat Solution that acknowledges and does not echo, on socket.io 2 over WebSocket",
  solutionSubject({
    transports: ["websocket"],
    socketIo: 2,
    switches: { echo: false, acknowledge: true, conversationInfo: "arrays", refusals: "ack", order: "descending" },
  }),
  runner,
);
describeTransportContract(
  "Chat Solution that neither acknowledges nor echoes, with the guide's misprints",
  solutionSubject({
    transports: ["websocket"],
    switches: { echo: false, acknowledge: false, slips: true, greetAgain: false },
  }),
  runner,
);
