import { ChatError } from "../../src/transport/errors.ts";
import { secureUrl } from "../../src/kit/secure-url.ts";

/** Where a socket leads. */
export interface SocketAddress {
  origin: string;
  /** `undefined` for socket.io's own default, `/socket.io`. */
  path: string | undefined;
}

/**
 * From the configured address to what socket.io wants (SDK 3.0.0 `index.js` 61-64): the path gets `/socket.io` behind it,
 * query and fragment are dropped. A slash at the end, which leads upstream to `//socket.io`, is put right.
 * @throws ChatError `invalid-config`.
 */
export function socketAddress(socketUrl: string): SocketAddress {
  if (socketUrl === "") throw new ChatError("invalid-config", "socketUrl is empty.", { remedy: REMEDY });
  const { origin, pathname } = secureUrl(socketUrl, ["https:", "http:"], "socketUrl");
  const path = pathname.replace(/\/+$/, "");
  return { origin, path: path === "" ? undefined : `${path}/socket.io` };
}

const REMEDY = "Set it to the address of the web channel manager, such as https://host/web-channel-manager.";
