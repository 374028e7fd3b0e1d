import type { Call } from "../../../src/transport/call.ts";
import { decodeCimMessages, type CimMessage } from "../wire/cim-message.ts";
import { under } from "../../../src/kit/json-rest.ts";
import type { CxRest } from "./cx-rest.ts";

/**
 * Reads everything that was said in a conversation, oldest first
 * (`GET {ccmUrl}/message?customerChannelIdentifier=null&serviceIdentifier=null&conversationId=`).
 * @throws ChatError as {@link CxRest.json}.
 */
export async function readTranscript(
  rest: CxRest,
  ccmUrl: string,
  conversationId: string,
  call?: Call,
): Promise<CimMessage[]> {
  const query = `customerChannelIdentifier=null&serviceIdentifier=null&conversationId=${encodeURIComponent(conversationId)}`;
  return decodeCimMessages(await rest.json("GET", `${under(ccmUrl, "message")}?${query}`, undefined, call));
}
