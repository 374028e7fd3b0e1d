import { randomId } from "../../src/kit/ids.ts";
import type { Call } from "../../src/transport/call.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { MessageId, OutgoingBody } from "../../src/transport/messages.ts";
import * as encode from "./muc/encode-room-message.ts";
import type { LedgerEntry } from "./muc/ledger.ts";
import { lacksId, type RoomActions } from "./room-actions.ts";
import type { XmppRoomOptions } from "./room-options.ts";
import { stripForbidden } from "./xml.ts";

/** What a customer makes of what was said: edits, retractions, reactions. Checks in the order of {@link RoomActions}. */
export class RoomChanges {
  readonly #room: string;
  readonly #options: XmppRoomOptions;
  readonly #actions: RoomActions;

  /** @param room bare JID, in lower case. */
  constructor(room: string, options: XmppRoomOptions, actions: RoomActions) {
    this.#room = room;
    this.#options = options;
    this.#actions = actions;
  }

  /** As `ChatTransport.edit`. */
  async edit(id: MessageId, body: OutgoingBody, call: Call | undefined): Promise<void> {
    this.#actions.assertReady(call, "Editing", "edit");
    const entry = this.#own(id, "edit");
    if (entry.msgid === undefined) throw lacksId("edited");
    this.#actions.warnOfLoss(body);
    const ownId = randomId();
    const { codec } = this.#options;
    const content = { room: this.#room, id: ownId, body, replaces: entry.msgid, markable: false, codec };
    await this.#actions.reflected(encode.encodeContent(content), ownId, call, "Editing");
  }

  /** As `ChatTransport.retract`. */
  async retract(id: MessageId, call: Call | undefined): Promise<void> {
    this.#actions.assertReady(call, "Withdrawing", "retract");
    const { stanzaId } = this.#own(id, "withdraw");
    if (stanzaId === undefined) throw lacksId("withdrawn");
    const ownId = randomId();
    const stanza = encode.encodeRetractMessage(this.#room, ownId, stanzaId);
    await this.#actions.reflected(stanza, ownId, call, "Withdrawing");
  }

  /** As `ChatTransport.react`. */
  async react(id: MessageId, reactions: readonly string[], call: Call | undefined): Promise<void> {
    this.#actions.assertReady(call, "Reacting", "react");
    const { stanzaId } = this.#actions.known(id);
    if (stanzaId === undefined) throw lacksId("reacted to");
    const ownId = randomId();
    const list = [...new Set(reactions.map(stripForbidden))].filter((reaction) => reaction !== "");
    const stanza = encode.encodeReactMessage(this.#room, ownId, stanzaId, list);
    await this.#actions.reflected(stanza, ownId, call, "Reacting");
  }

  #own(id: MessageId, verb: string): LedgerEntry {
    const entry = this.#actions.known(id);
    if (!entry.isSelf) throw new ChatError("refused", `Only its author may ${verb} a message.`);
    return entry;
  }
}
