import { ChatError } from "../../../src/transport/errors.ts";
import { record } from "../../../src/kit/read.ts";
import type { Expertflow } from "./api.ts";

/** The published functions that make calls. */
export type CallFunctions = Pick<
  Expertflow,
  | "postMessages"
  | "dialCall"
  | "registerUser"
  | "sendInvite"
  | "terminateCurrentSession"
  | "closeSession"
  | "hangUp"
  | "closeVideo"
  | "audioControl"
  | "videoControl"
  | "screenControl"
>;

/** There are no calls yet: each function says so, by its callback where it has one. */
export function callFunctions(): CallFunctions {
  const refuse = (): never => {
    throw noCalls();
  };
  const fail = (event: string, callback: unknown): void => {
    if (typeof callback === "function") Reflect.apply(callback, undefined, [{ event, response: "", cause: noCalls() }]);
    else refuse();
  };
  return {
    postMessages(message) {
      const { loginId, clientCallbackFunction } = record(record(message)["parameter"]);
      if (typeof clientCallbackFunction !== "function") throw noCalls();
      const cause = noCalls();
      const response = { type: "generalError", loginId, description: cause.message, cause };
      Reflect.apply(clientCallbackFunction, undefined, [{ event: "Error", response }]);
    },
    dialCall: (callback) => fail("registrationFailed", callback),
    registerUser: (callback) => fail("registrationFailed", callback),
    sendInvite: (_mediaType, _videoName, _videoLocal, _userData, callback) => {
      fail("session-failed", callback);
      return Promise.reject(noCalls());
    },
    terminateCurrentSession: (callback) => fail("session-termination-failed", callback),
    closeSession: refuse,
    hangUp: refuse,
    closeVideo: refuse,
    audioControl: refuse,
    videoControl: refuse,
    screenControl: refuse,
  };
}

function noCalls(): ChatError {
  return new ChatError("unsupported", "This version makes no calls yet.", {
    remedy: "Offer the chat alone for now.",
    vendor: { name: "expertflow-cx", code: "webrtc" },
  });
}
