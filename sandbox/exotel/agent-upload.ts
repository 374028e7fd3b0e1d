import { xml, type XmppClient } from "@xmpp/client";
import { ChatError } from "../../src/transport/errors.ts";
import type { AgentFile } from "./agent-payloads.ts";

/** What an agent uploads. */
export interface AgentUpload {
  name: string;
  mediaType: string;
  data: Uint8Array;
}

/** Asks for a slot (XEP-0363 §4) and puts the file there. @throws ChatError `refused` when the PUT fails. */
export async function uploadFile(xmpp: XmppClient, uploadDomain: string, upload: AgentUpload): Promise<AgentFile> {
  const { name, mediaType, data } = upload;
  const attrs = {
    xmlns: "urn:xmpp:http:upload:0",
    filename: name,
    size: String(data.length),
    "content-type": mediaType,
  };
  const answer = await xmpp.iqCaller.request(xml("iq", { type: "get", to: uploadDomain }, xml("request", attrs)));
  const slot = answer.getChild("slot", "urn:xmpp:http:upload:0");
  const put = slot?.getChild("put");
  const putUrl = put?.attrs["url"];
  const url = slot?.getChild("get")?.attrs["url"];
  if (putUrl === undefined || url === undefined) {
    throw new ChatError("bad-frame", `The upload service sent no slot: ${answer.toString()}`);
  }
  const headers: Record<string, string> = { "content-type": mediaType };
  for (const header of put?.getChildren("header") ?? []) headers[header.attrs["name"] ?? ""] = header.text();
  const stored = await fetch(putUrl, { method: "PUT", headers, body: new Blob([new Uint8Array(data)]) });
  if (!stored.ok) throw new ChatError("refused", `The upload service answered ${stored.status}.`);
  return { url, name, mediaType, sizeBytes: data.length };
}
