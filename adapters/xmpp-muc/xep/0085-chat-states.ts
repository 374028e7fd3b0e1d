/** XEP-0085 Chat State Notifications, version 2.1. In rooms `gone` is neither sent nor believed (5.5). */
import { xml, type XmlElement } from "../xml.ts";
import { NS_CHAT_STATES } from "./namespaces.ts";
import { nsOf } from "./read.ts";

/** The states that a room carries. */
export type RoomChatState = "active" | "composing" | "paused" | "inactive";

/** The state an element names; `undefined` for `gone`, for an unknown word and for another namespace. */
export function decodeChatState(element: XmlElement): RoomChatState | undefined {
  return nsOf(element) === NS_CHAT_STATES ? mapChatState(element.name) : undefined;
}

/** The state of that name, if rooms have it. */
export function mapChatState(name: string): RoomChatState | undefined {
  return name === "active" || name === "composing" || name === "paused" || name === "inactive" ? name : undefined;
}

/** Writes a state. */
export function encodeChatState(state: RoomChatState): XmlElement {
  return xml(state, { xmlns: NS_CHAT_STATES });
}
