import type { SolutionCentre } from "./solution-centre.ts";
import type { SolutionSocket } from "./solution-server.ts";

/** What a scripted participant needs of a connection: a socket.io client of any version has it. */
export interface SolutionWire {
  emit(name: string, payload: unknown): unknown;
  on(name: string, listener: (payload: unknown) => void): unknown;
  close(): unknown;
}

let count = 0;

/** A connection without a network, for participants inside the sandbox's own process. Payloads are copied, as by JSON. */
export function connectLocally(centre: SolutionCentre): SolutionWire {
  const listeners: [name: string, listener: (payload: unknown) => void][] = [];
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    server.onClosed();
  };
  const socket: SolutionSocket = {
    id: `local-${++count}`,
    emit(name, payload, onAck) {
      const sent = copy(payload);
      queueMicrotask(() => {
        if (!open) return;
        for (const [wanted, listener] of listeners) if (wanted === name) listener(sent);
        onAck?.();
      });
    },
    disconnect: close,
    cut: close,
  };
  const server = centre.connect(socket);
  return {
    emit(name, payload) {
      const sent = copy(payload);
      queueMicrotask(() => open && server.onEvent(name, sent, undefined));
    },
    on: (name, listener) => void listeners.push([name, listener]),
    close,
  };
}

function copy(payload: unknown): unknown {
  const copied: unknown = JSON.parse(JSON.stringify(payload));
  return copied;
}
