import { describe, it } from "vitest";
import { describeTransportContract } from "./index.ts";
import { cxSubject } from "./support/cx-subject.ts";

describeTransportContract("Expertflow CX, polling alone", cxSubject(["polling"]), { describe, it });
describeTransportContract("Expertflow CX, WebSocket", cxSubject(["websocket"]), { describe, it });
