import type { Socket } from "socket.io-client";
import { abortedError } from "../../src/kit/deadline.ts";
import { nextTask } from "../../src/kit/tasks.ts";
import { certificateAdvice } from "../../src/kit/certificate-advice.ts";
import { ChatError } from "../../src/transport/errors.ts";
import { socketAddress } from "./socket-address.ts";

/** How to reach the web channel manager, and as whom. */
export interface CxSocketOptions {
  socketUrl: string;
  serviceIdentifier: string;
  channelCustomerIdentifier: string;
  /** In the order of trying. Default: polling, then an upgrade to WebSocket, as the vendor's own client. */
  transports?: readonly ("polling" | "websocket")[] | undefined;
}

/** What a socket reports; never within `dialCxSocket`, and never after `close`. */
export interface CxSocketHandlers {
  /** An event that the server emitted, known or not. */
  onEvent(name: string, payload: unknown): void;
  /**
   * The link is gone. `byServer`: the server closed it on purpose, and socket.io itself would not come back. `reason`:
   * socket.io's words.
   */
  onDown(cause: ChatError, byServer: boolean, reason: string): void;
}

/** A socket that is up. It never comes back by itself: whoever dialled decides. */
export interface CxSocket {
  /** socket.io's own, for what hands it to an application. */
  readonly socket: Socket;
  /** When the server was last heard, as `Date.now()` has it. */
  readonly heardAt: number;
  /** The longest that the server is silent while it lives, milliseconds. */
  readonly silenceMs: number;
  /** @param onAck called with the server's answer, at most once. */
  emit(name: string, payload: unknown, onAck?: (answer: unknown) => void): void;
  close(): void;
}

/** What socket.io's server does unless it is told otherwise; only until the handshake says what this one does. */
const DEFAULT_PING_MS = 25_000;

/**
 * Connects. Resolves when the server accepted the handshake.
 * @throws ChatError `unauthorized` (refused by the server), `unreachable`, `aborted`, `invalid-config`.
 */
export async function dialCxSocket(
  options: CxSocketOptions,
  handlers: CxSocketHandlers,
  signal: AbortSignal,
): Promise<CxSocket> {
  const { origin, path } = socketAddress(options.socketUrl);
  const { io } = await import("socket.io-client");
  if (signal.aborted) throw abortedError("Connecting", signal.reason);
  const { serviceIdentifier, channelCustomerIdentifier, transports } = options;
  const socket = io(origin, {
    ...(path !== undefined && { path }),
    auth: { serviceIdentifier, channelCustomerIdentifier },
    ...(transports && { transports: [...transports] }),
    // There is one owner of reconnecting, and it resumes before anything else is said.
    reconnection: false,
    forceNew: true,
    useNativeTimers: true,
  });
  const pulse = watchPulse(socket);
  return new Promise((resolve, reject) => {
    const settle = (error?: ChatError): void => {
      socket.off("connect", onConnect);
      socket.off("connect_error", onError);
      signal.removeEventListener("abort", onAbort);
      // At once: the same payload may hold events already.
      if (!error) return resolve(listen(socket, pulse, later(handlers)));
      socket.disconnect();
      reject(error);
    };
    const onConnect = (): void => settle();
    const onError = (error: Error): void => settle(toChatError(error, origin));
    const onAbort = (): void => settle(abortedError("Connecting", signal.reason));
    socket.on("connect", onConnect);
    socket.on("connect_error", onError);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** When the server was last heard, and how long it is silent at most. */
interface Pulse {
  heardAt: number;
  silenceMs: number;
}

/** From the first packet on: the handshake says how often the server asks whether somebody is there. */
function watchPulse({ io: { engine } }: Socket): Pulse {
  const pulse = { heardAt: Date.now(), silenceMs: DEFAULT_PING_MS };
  engine.on("handshake", ({ pingInterval }) => {
    pulse.silenceMs = pingInterval;
  });
  engine.on("packet", () => {
    pulse.heardAt = Date.now();
  });
  return pulse;
}

/** Keeps what comes in the same task until whoever dialled has had its answer. */
function later(handlers: CxSocketHandlers): CxSocketHandlers {
  const early: (() => void)[] = [];
  let isEarly = true;
  nextTask(() => {
    isEarly = false;
    for (const tell of early) tell();
  });
  return {
    onEvent(name, payload) {
      if (isEarly) early.push(() => handlers.onEvent(name, payload));
      else handlers.onEvent(name, payload);
    },
    onDown(...down) {
      if (isEarly) early.push(() => handlers.onDown(...down));
      else handlers.onDown(...down);
    },
  };
}

function listen(socket: Socket, pulse: Pulse, handlers: CxSocketHandlers): CxSocket {
  socket.onAny((name: string, ...args: unknown[]) => handlers.onEvent(name, args[0]));
  socket.on("disconnect", (reason) => handlers.onDown(linkLost(reason), reason === "io server disconnect", reason));
  return {
    socket,
    get heardAt() {
      return pulse.heardAt;
    },
    get silenceMs() {
      return pulse.silenceMs;
    },
    emit(name, payload, onAck) {
      if (onAck) socket.emit(name, payload, onAck);
      else socket.emit(name, payload);
    },
    close() {
      socket.offAny();
      socket.removeAllListeners();
      socket.disconnect();
    },
  };
}

function linkLost(reason: string): ChatError {
  return new ChatError("unreachable", "The link to the chat service was lost.", {
    vendor: { name: "expertflow-cx", code: `disconnect/${reason.replaceAll(" ", "-")}` },
  });
}

/** socket.io tells a refusal by the server's middleware from a dead network by what its error carries. */
function toChatError(error: Error, origin: string): ChatError {
  const type: unknown = Reflect.get(error, "type");
  if (type === undefined && error.message !== "timeout") {
    return new ChatError("unauthorized", "The chat service refused the connection.", {
      remedy: "Check serviceIdentifier and channelCustomerIdentifier against the channel in the administration.",
      vendor: { name: "expertflow-cx", code: "connect_error" },
      cause: error,
    });
  }
  const advice = certificateAdvice(error) ?? certificateAdvice(Reflect.get(error, "description"));
  return new ChatError("unreachable", `The chat service at ${origin} could not be reached.`, {
    remedy: advice ?? "Check the network and socketUrl; in a browser also that the service allows this page (CORS).",
    vendor: {
      name: "expertflow-cx",
      code: error.message === "timeout" ? "connect_error/timeout" : "connect_error/transport",
    },
    cause: error,
  });
}
