import { xml, type XmppElement } from "@xmpp/client";

/** The carriers of the vendor's payload that the sandbox's agents can write. */
export type AgentDialect = "exo" | "json" | "jive" | "plain";

/** A file as an agent's message names it. */
export interface AgentFile {
  url: string;
  name: string;
  mediaType: string;
  sizeBytes: number;
}

/** The vendor's part of an agent's message, in the words of its message object. */
export interface AgentPayload {
  subtype?: string;
  userRole?: string;
  files?: AgentFile[];
  form?: unknown;
  chatEnded?: boolean;
  interactionData?: { chatId: string; interactionId: string };
}

// Written apart from the adapter's codecs on purpose: what both sides share, no test would find wrong.

/** Writes a payload the way a tenant of that dialect would. Nothing is written for an empty payload. */
export function writePayload(dialect: AgentDialect, payload: AgentPayload): XmppElement[] {
  if (Object.keys(payload).length === 0) return [];
  if (dialect === "exo") return [writeExo(payload)];
  const record = asMessageObject(payload);
  if (dialect === "json") return [xml("json", { xmlns: "urn:xmpp:json:0" }, JSON.stringify(record))];
  const entries = Object.entries(record).map(([key, value]) => [key, asText(value)] as const);
  if (dialect === "plain") return entries.map(([key, value]) => xml(key.toLowerCase(), {}, value));
  const properties = entries.map(([key, value]) =>
    xml("property", {}, xml("name", {}, key), xml("value", { type: "string" }, value)),
  );
  return [xml("properties", { xmlns: "http://www.jivesoftware.com/xmlns/xmpp/properties" }, ...properties)];
}

function writeExo({ subtype, userRole, files = [], chatEnded, interactionData }: AgentPayload): XmppElement {
  const children = files.map(({ url, name, mediaType, sizeBytes }) =>
    xml("file", { url, name, type: mediaType, size: String(sizeBytes) }),
  );
  if (chatEnded === true) children.push(xml("chat-ended"));
  if (interactionData) {
    const { chatId, interactionId } = interactionData;
    children.push(xml("interaction", { "chat-id": chatId, "interaction-id": interactionId }));
  }
  const attrs: Record<string, string> = { xmlns: "urn:x-exochat:message:0" };
  if (subtype !== undefined) attrs["subtype"] = subtype;
  if (userRole !== undefined) attrs["role"] = userRole;
  return xml("exo", attrs, ...children);
}

/** The keys of the vendor's message object. */
function asMessageObject(payload: AgentPayload): Record<string, unknown> {
  const { subtype, userRole, files, form, chatEnded, interactionData } = payload;
  return {
    ...(subtype === undefined ? {} : { subtype }),
    ...(userRole === undefined ? {} : { userRole }),
    ...(files === undefined ? {} : { files: files.map(({ url, name }) => ({ url, name })) }),
    ...(form === undefined ? {} : { form }),
    ...(chatEnded === undefined ? {} : { chatEnded }),
    ...(interactionData === undefined
      ? {}
      : { interaction_data: { chatId: interactionData.chatId, interaction_id: interactionData.interactionId } }),
  };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
