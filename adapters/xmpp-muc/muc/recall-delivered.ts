import type { DeliveredMessage } from "../../../src/transport/messages.ts";
import type { RoomContext } from "./decode-room-message.ts";
import type { Ledger } from "./ledger.ts";

/**
 * Files what another transport of this conversation has delivered, as far as its record says it: the ids of own messages,
 * and the room's of all where the room gives any. What somebody else's client called its message is not in it.
 */
export function recallDelivered(
  messages: readonly DeliveredMessage[],
  { room, stanzaIds, occupantIds }: RoomContext,
  ledger: Ledger,
): void {
  for (const { id, clientId, from, sentAt } of messages) {
    if (ledger.get(id)) continue;
    const jid = `${room}/${from.name}`;
    ledger.file({
      id,
      stanzaId: stanzaIds ? id : undefined,
      msgid: clientId ?? (stanzaIds ? undefined : id),
      originId: undefined,
      from: jid,
      // Where the room names nobody, a participant's id is an occupant JID.
      occupantId: occupantIds && !from.id.startsWith(`${room}/`) ? from.id : undefined,
      realJid: undefined,
      visit: 0,
      isSelf: from.isSelf,
      replayed: true,
      timeMs: sentAt.getTime(),
    });
  }
}
