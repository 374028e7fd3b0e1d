import type { ChatError } from "../../../src/transport/errors.ts";
import type { ExpertflowOptions } from "./api.ts";

/** Where the connection differs between what is right and what the vendor's code did. */
export interface DropinQuirks {
  /** Whether a second connection may be asked for. */
  accepts(present: object, wanted: object): boolean;
  /** The same callback twice is called twice. */
  listensAgain: boolean;
  /** What an address that cannot be used leads to; `undefined`: a typed `CONNECT_ERROR`, as for any other failure. */
  badAddress(socketUrl: string): "silent" | TypeError | undefined;
  /** Whether a connection counts as one that came back. */
  reportsReconnect(wasConnected: boolean): boolean;
  onConnectError(): void;
  /** What `CONNECT_ERROR` carries. */
  connectError(error: ChatError): unknown;
  /** A falsy answer to `resumeChat` never reaches its callback. */
  ignoresEmptyAnswers: boolean;
  gtmTargetOrigin: string | undefined;
}

/** The vendor's flag of a failed connection: shared by all tabs, and never cleared by the SDK. */
const FLAG = "widget-error";

/** What is right, or with `strict` what the vendor's code did (SDK 3.0.0 `index.js` 53-77, 94-116, 145, 268-275). */
export function quirksOf({ strict = false, gtmTargetOrigin }: ExpertflowOptions): DropinQuirks {
  if (!strict) {
    return {
      accepts: (present, wanted) => JSON.stringify(present) === JSON.stringify(wanted),
      listensAgain: false,
      badAddress: () => undefined,
      reportsReconnect: (wasConnected) => wasConnected,
      onConnectError: () => undefined,
      connectError: (error) => error,
      ignoresEmptyAnswers: false,
      gtmTargetOrigin,
    };
  }
  return {
    accepts: () => true,
    listensAgain: true,
    badAddress: (socketUrl) => {
      if (socketUrl === "") return "silent";
      return URL.canParse(socketUrl) ? undefined : new TypeError("Invalid URL");
    },
    reportsReconnect: () => flags()?.getItem(FLAG) === "1",
    onConnectError: () => flags()?.setItem(FLAG, "1"),
    connectError: (error) => error.info.cause ?? error,
    ignoresEmptyAnswers: true,
    gtmTargetOrigin: gtmTargetOrigin ?? "*",
  };
}

function flags(): Storage | undefined {
  return typeof localStorage === "undefined" ? undefined : localStorage;
}
