import { abortedError } from "../../src/kit/deadline.ts";
import { certificateAdvice } from "../../src/kit/certificate-advice.ts";
import { nextTask } from "../../src/kit/tasks.ts";
import { ChatError } from "../../src/transport/errors.ts";

/** What is used of a socket of socket.io-client, 2 to 4. */
export interface IoSocket {
  readonly id?: string | undefined;
  readonly connected: boolean;
  readonly io: { readonly engine: IoEngine };
  on(event: string, listener: (...args: never[]) => void): unknown;
  once(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener?: (...args: never[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  /** Since 3; without it only the events that the caller has named are heard. */
  onAny?(listener: (name: string, ...args: unknown[]) => void): unknown;
  removeAllListeners(): unknown;
  disconnect(): unknown;
}

/** What is used of its engine. */
export interface IoEngine {
  readonly readyState: string;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

/** The function `io` of socket.io-client, 2 to 4. */
export type IoFactory<S extends IoSocket = IoSocket> = (origin: string, options: Record<string, unknown>) => S;

/** How to connect. */
export interface DialOptions<S extends IoSocket = IoSocket> {
  io: IoFactory<S>;
  origin: string;
  /** Options of socket.io-client beside those that are set here. */
  options?: Readonly<Record<string, unknown>>;
  /** The events that the server may send: needed with socket.io-client 2 only. */
  events?: readonly string[];
  /** `info.vendor.name` of its errors. */
  vendor: string;
  /** What to check when the server's middleware refuses the connection. */
  refusedRemedy: string;
  /** Which option holds the address. */
  addressOption: string;
}

/** What a socket reports; never within `dialSocket`, and never after `close`. */
export interface LinkHandlers {
  /** An event that the server emitted, known or not. `acknowledge` is there when it waits for an answer. */
  onEvent(name: string, payload: unknown, acknowledge?: (answer?: unknown) => void): void;
  /**
   * The link is gone. `byServer`: the server closed it on purpose, and socket.io itself would not come back. `reason`:
   * socket.io's words.
   */
  onDown(cause: ChatError, byServer: boolean, reason: string): void;
}

/** A socket that is up. It never comes back by itself: whoever dialled decides. */
export interface IoLink<S extends IoSocket = IoSocket> {
  /** socket.io's own, for what hands it to an application. */
  readonly socket: S;
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
 * @throws ChatError `unauthorized` (refused by the server), `unsupported` (the server speaks another generation of the
 * protocol), `unreachable`, `aborted`.
 */
export async function dialSocket<S extends IoSocket>(
  dial: DialOptions<S>,
  handlers: LinkHandlers,
  signal: AbortSignal,
): Promise<IoLink<S>> {
  if (signal.aborted) throw abortedError("Connecting", signal.reason);
  const socket = dial.io(dial.origin, {
    ...dial.options,
    // There is one owner of reconnecting, and it resumes before anything else is said.
    reconnection: false,
    forceNew: true,
    useNativeTimers: true,
  });
  const pulse = watchPulse(socket);
  return new Promise((resolve, reject) => {
    const settle = (error?: ChatError): void => {
      socket.off("connect", onConnect);
      for (const event of REFUSALS) socket.off(event, onError);
      signal.removeEventListener("abort", onAbort);
      // At once: the same payload may hold events already.
      if (!error) return resolve(listen(socket, dial, pulse, later(handlers)));
      hangUp(socket);
      reject(error);
    };
    const onConnect = (): void => settle();
    const onError = (error: unknown): void => settle(toChatError(error, dial));
    const onAbort = (): void => settle(abortedError("Connecting", signal.reason));
    socket.on("connect", onConnect);
    for (const event of REFUSALS) socket.on(event, onError);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Who hangs up while a polling handshake is under way leaves a session behind that the server keeps for most of a minute. */
function hangUp(socket: IoSocket): void {
  const { engine } = socket.io;
  if (engine.readyState === "opening") engine.on("open", () => socket.disconnect());
  else socket.disconnect();
}

/** socket.io 2 tells a refusal by the middleware as `error`, and calls no answer in time `connect_timeout`. */
const REFUSALS = ["connect_error", "connect_timeout", "error"];

/** When the server was last heard, and how long it is silent at most. */
interface Pulse {
  heardAt: number;
  silenceMs: number;
}

/** From the first packet on: the handshake says how often it is asked whether somebody is there. */
function watchPulse({ io: { engine } }: IoSocket): Pulse {
  const pulse = { heardAt: Date.now(), silenceMs: DEFAULT_PING_MS };
  engine.on("handshake", ({ pingInterval }: { pingInterval: number }) => {
    pulse.silenceMs = pingInterval;
  });
  engine.on("packet", () => {
    pulse.heardAt = Date.now();
  });
  return pulse;
}

/** Keeps what comes in the same task until whoever dialled has had its answer. */
function later(handlers: LinkHandlers): LinkHandlers {
  const early: (() => void)[] = [];
  let isEarly = true;
  nextTask(() => {
    isEarly = false;
    for (const tell of early) tell();
  });
  return {
    onEvent(...event) {
      if (isEarly) early.push(() => handlers.onEvent(...event));
      else handlers.onEvent(...event);
    },
    onDown(...down) {
      if (isEarly) early.push(() => handlers.onDown(...down));
      else handlers.onDown(...down);
    },
  };
}

function listen<S extends IoSocket>(
  socket: S,
  { events = [], vendor }: DialOptions<S>,
  pulse: Pulse,
  handlers: LinkHandlers,
): IoLink<S> {
  let open = true;
  const hear = (name: string, args: unknown[]): void => {
    const answer: unknown = args.at(-1);
    if (open) handlers.onEvent(name, args[0], isAnswer(answer) ? answer : undefined);
  };
  if (socket.onAny) socket.onAny((name, ...args) => hear(name, args));
  else for (const name of events) socket.on(name, (...args: unknown[]) => hear(name, args));
  socket.on("disconnect", (reason: string) => {
    if (open) handlers.onDown(linkLost(vendor, reason), reason === "io server disconnect", reason);
  });
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
      open = false;
      socket.removeAllListeners();
      socket.disconnect();
    },
  };
}

function isAnswer(value: unknown): value is (answer?: unknown) => void {
  return typeof value === "function";
}

function linkLost(name: string, reason: string): ChatError {
  return new ChatError("unreachable", "The link to the chat service was lost.", {
    vendor: { name, code: `disconnect/${reason.replaceAll(" ", "-")}` },
  });
}

/** socket.io tells a refusal by the server's middleware from a dead network by what its error carries. */
function toChatError(error: unknown, { origin, vendor: name, refusedRemedy, addressOption }: DialOptions): ChatError {
  const said = error instanceof Error ? error.message : String(error);
  const type: unknown = error instanceof Error ? Reflect.get(error, "type") : undefined;
  const cause = error instanceof Error ? error : undefined;
  if (said.includes("v2.x with a v3.x client")) return otherGeneration(name, cause);
  const late = said === "timeout" || said === "20000";
  if (type === undefined && !late) {
    return new ChatError("unauthorized", "The chat service refused the connection.", {
      remedy: refusedRemedy,
      vendor: { name, code: "connect_error" },
      cause,
    });
  }
  const description: unknown = cause && Reflect.get(cause, "description");
  const advice = certificateAdvice(error) ?? certificateAdvice(description);
  return new ChatError("unreachable", `The chat service at ${origin} could not be reached.`, {
    remedy:
      advice ?? `Check the network and ${addressOption}; in a browser also that the service allows this page (CORS).`,
    vendor: { name, code: late ? "connect_error/timeout" : "connect_error/transport" },
    cause,
  });
}

/** The server and the client speak different generations of socket.io. */
export function otherGeneration(name: string, cause?: unknown): ChatError {
  return new ChatError("unsupported", "The server speaks another generation of socket.io than this client.", {
    remedy:
      "A server of before 2020 speaks socket.io 2 (Engine.IO 3): pass the `io` of socket.io-client 2. A newer one wants socket.io-client 4, or allowEIO3 on the server.",
    vendor: { name, code: "connect_error/engine-io-version" },
    cause,
  });
}
