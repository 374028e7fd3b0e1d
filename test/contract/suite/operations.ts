import type { Capability, ChatTransport } from "../../../src/transport/index.ts";
import { file, textMessage, UNKNOWN_ID } from "./samples.ts";

type Options = Parameters<ChatTransport["send"]>[1];

/** A method of a transport, called with something harmless. */
export interface Operation {
  method:
    | "send"
    | "sendChatState"
    | "mark"
    | "upload"
    | "history"
    | "catchUp"
    | "requestAgent"
    | "edit"
    | "retract"
    | "react";
  /** Capabilities of which one suffices for the method to exist; none: it always does. */
  needs: readonly Capability[];
  call(transport: ChatTransport, options?: Options): Promise<unknown> | undefined;
}

const BODY = { kind: "text" as const, text: "changed" };

/** Every method but `open` and `close`. */
export const OPERATIONS: readonly Operation[] = [
  { method: "send", needs: [], call: (transport, call) => transport.send(textMessage("hello"), call) },
  {
    method: "sendChatState",
    needs: ["chatStates"],
    call: (transport, call) => transport.sendChatState?.("composing", call),
  },
  {
    method: "mark",
    needs: ["displayedMarkers", "receivedReceipts"],
    call: (transport, call) =>
      transport.mark?.(transport.supports.displayedMarkers ? "displayed" : "received", UNKNOWN_ID, call),
  },
  { method: "upload", needs: ["upload"], call: (transport, call) => transport.upload?.(file(3), call) },
  { method: "history", needs: ["history"], call: (transport, call) => transport.history?.({ limit: 5 }, call) },
  {
    method: "catchUp",
    needs: ["catchUp"],
    call: (transport, call) => transport.catchUp?.({ since: new Date(0), limit: 5 }, call),
  },
  { method: "requestAgent", needs: ["requestAgent"], call: (transport, call) => transport.requestAgent?.({}, call) },
  { method: "edit", needs: ["edit"], call: (transport, call) => transport.edit?.(UNKNOWN_ID, BODY, call) },
  { method: "retract", needs: ["retract"], call: (transport, call) => transport.retract?.(UNKNOWN_ID, call) },
  { method: "react", needs: ["react"], call: (transport, call) => transport.react?.(UNKNOWN_ID, ["👍"], call) },
];
