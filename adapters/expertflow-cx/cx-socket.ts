import type { Socket } from "socket.io-client";
import { dialSocket, type IoLink, type LinkHandlers } from "../socket-io/dial-socket.ts";
import { socketAddress } from "./socket-address.ts";

/** How to reach the web channel manager, and as whom. */
export interface CxSocketOptions {
  socketUrl: string;
  serviceIdentifier: string;
  channelCustomerIdentifier: string;
  /** In the order of trying. Default: polling, then an upgrade to WebSocket, as the vendor's own client. */
  transports?: readonly ("polling" | "websocket")[] | undefined;
}

/** A socket that is up. */
export type CxSocket = IoLink<Socket>;

/**
 * Connects. Resolves when the server accepted the handshake.
 * @throws ChatError `unauthorized` (refused by the server), `unreachable`, `unsupported`, `aborted`, `invalid-config`.
 */
export async function dialCxSocket(
  options: CxSocketOptions,
  handlers: LinkHandlers,
  signal: AbortSignal,
): Promise<CxSocket> {
  const { origin, path } = socketAddress(options.socketUrl);
  const { io } = await import("socket.io-client");
  const { serviceIdentifier, channelCustomerIdentifier, transports } = options;
  return dialSocket(
    {
      io: (address, rest) => io(address, rest),
      origin,
      options: {
        ...(path !== undefined && { path }),
        auth: { serviceIdentifier, channelCustomerIdentifier },
        ...(transports && { transports: [...transports] }),
      },
      vendor: "expertflow-cx",
      refusedRemedy: "Check serviceIdentifier and channelCustomerIdentifier against the channel in the administration.",
      addressOption: "socketUrl",
    },
    handlers,
    signal,
  );
}
