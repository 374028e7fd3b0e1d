import { setTimeout as pause } from "node:timers/promises";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
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
        return RESPONSE_ALREADY_SENT;
      case "drop":
        context.env.incoming.socket.destroy();
        return RESPONSE_ALREADY_SENT;
    }
  };
}

function statusAnswer(context: Context<Env>, fault: RestFault): Response {
  const status = fault.status ?? 500;
  const headers: Record<string, string> = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
  if (fault.emptyStatusText !== true) {
    return new Response(fault.body ?? null, { status, headers });
  }
  // Written by hand: every HTTP/1.1 library fills in a reason phrase.
  const origin = context.req.header("origin");
  const { outgoing } = context.env;
  if ("writeHead" in outgoing) {
    const allowed = origin === undefined ? {} : { "access-control-allow-origin": origin };
    outgoing.writeHead(status, "", { ...headers, ...allowed });
    outgoing.end(fault.body ?? "");
  }
  return RESPONSE_ALREADY_SENT;
}

/** Settles when the client has given up, or the server is being stopped. */
function gone(context: Context<Env>): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = context.env.incoming;
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });
}
