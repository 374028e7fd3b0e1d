import { setTimeout as pause } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import type { RestFault, ShimState } from "./shim-state.ts";

type Env = { Bindings: HttpBindings };

/** Lets the next REST calls go wrong as `state.faults` says. Sits behind CORS, so that pages can read the answers. */
export function faultMiddleware(state: ShimState): MiddlewareHandler<Env> {
  return async (context, next) => {
    const due = state.faults.find(({ fault }) => context.req.path.includes(fault.path ?? ""));
    if (!due) return next();
    due.left--;
    state.faults = state.faults.filter(({ left }) => left > 0);
    const { fault } = due;
    switch (fault.kind) {
      case "delay":
        await pause(fault.delayMs ?? 1_000);
        return next();
      case "status":
        return statusAnswer(context, fault);
      case "malformed":
        return context.body(fault.body ?? '{"userEntity": {"username": ', 200, { "content-type": "application/json" });
      case "timeout":
        await gone(context);
        return nobodyListens();
      case "drop":
        context.env.incoming.socket.destroy();
        return nobodyListens();
    }
  };
}

function statusAnswer(context: Context<Env>, fault: RestFault): Response {
  const status = fault.status ?? 500;
  const headers: Record<string, string> = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
  if (fault.emptyStatusText === true) {
    // Node fills in a reason phrase unless it is given an empty one here.
    const { outgoing } = context.env;
    if ("statusMessage" in outgoing) {
      const writeHead = outgoing.writeHead.bind(outgoing);
      outgoing.writeHead = (code: number, ...rest: unknown[]) => writeHead(code, "", headersOf(rest));
    }
  }
  return new Response(fault.body ?? null, { status, headers });
}

function headersOf(rest: unknown[]): Record<string, string> {
  const last = rest.at(-1);
  return typeof last === "object" && last !== null
    ? Object.fromEntries(Object.entries(last).map(([name, value]) => [name, String(value)]))
    : {};
}

/** Settles when the client has given up, or the server is being stopped. */
function gone(context: Context<Env>): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = context.env.incoming;
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });
}

/** An answer for a connection that is gone: the server library wants one all the same. */
function nobodyListens(): Response {
  return new Response(null, { status: 500 });
}
