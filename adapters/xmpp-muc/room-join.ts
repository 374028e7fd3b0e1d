import { createDeferred, withDeadline, type Deferred } from "../../src/kit/deadline.ts";
import { randomId } from "../../src/kit/ids.ts";
import { wait } from "../../src/kit/wait.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { StanzaLink } from "./connection/link.ts";
import type { InitialPresence } from "./muc/initial-presence.ts";
import { mapJoinError, type JoinRefusal } from "./muc/join-errors.ts";
import { toRoomInfo, type RoomInfo } from "./muc/room-info.ts";
import { decodeDiscoInfo, encodeDiscoInfo } from "./xep/0030-disco.ts";
import { encodeMucJoin, type HistoryRequest } from "./xep/0045-muc.ts";
import { NS_DISCO_INFO } from "./xep/namespaces.ts";
import { xml, type XmlElement } from "./xml.ts";

/** How often another nick is tried. */
const MAX_NICKS = 5;

/** What joining needs. */
export interface JoinParts {
  link: StanzaLink;
  room: string;
  password: string | undefined;
  initialPresence: InitialPresence;
  joinMs: number;
  /** For the answer to the very first join; unanswered, it is written once more. */
  firstJoinMs: number;
  roomRetryMs: readonly number[];
  /** Before anything is written. */
  onAttempt(): void;
  /** The room's features are known (or it did not say): stanzas may be read now. */
  onInfo(info: RoomInfo): void;
}

type Answer = { joined: true } | { joined: false; refusal: JoinRefusal };

/** Joins the room: presence, features and join in one task, then what each refusal calls for (XEP-0045 §7.2). */
export class RoomJoin {
  readonly #parts: JoinParts;
  #answer: Deferred<Answer> | undefined;
  #id = "";
  #nick: string | undefined;
  #limitMs: number;
  #askedAgain = false;

  constructor(parts: JoinParts) {
    this.#parts = parts;
    this.#limitMs = parts.firstJoinMs;
  }

  /** The nick of a join that waits: where a service omits status 110, its presence is the answer (XEP-0045 §7.2.2). */
  get expectedNick(): string | undefined {
    return this.#answer && this.#nick;
  }

  /** Whether a join was written and not answered yet. */
  get isWaiting(): boolean {
    return this.#answer !== undefined;
  }

  /**
   * Call in the task in which the link became sendable. Resolves when we are in the room.
   * @throws ChatError the refusal, `timed-out`, or what `fail` was given.
   */
  async join(wanted: string, history: HistoryRequest, signal: AbortSignal): Promise<void> {
    let nick = wanted;
    let nicks = 1;
    let roomTries = 0;
    let askedForNick = false;
    for (;;) {
      const answer = await this.#attempt(nick, history, signal).catch((error: unknown) =>
        this.#onceMore(error, signal),
      );
      if (!answer) continue;
      if (answer.joined) return;
      const { remedy, error } = answer.refusal;
      const waitMs = this.#parts.roomRetryMs[roomTries];
      if (remedy === "other-nick" && nicks < MAX_NICKS) nick = `${wanted}-${++nicks}`;
      else if (remedy === "reserved-nick" && !askedForNick) {
        askedForNick = true;
        nick = await this.#reservedNick(error, signal);
      } else if (remedy === "wait-for-room" && waitMs !== undefined) {
        roomTries++;
        await wait(waitMs, signal, "Joining the room");
      } else throw error;
    }
  }

  /** The room has us. */
  succeed(): void {
    this.#answer?.resolve({ joined: true });
  }

  /** An error presence. Services differ in its `from`; its `id` is the join's, or missing. */
  refuse(presence: XmlElement): void {
    const { id } = presence.attrs;
    if (id !== undefined && id !== this.#id) return;
    this.#answer?.resolve({ joined: false, refusal: mapJoinError(presence) });
  }

  /** The join cannot succeed any more: the link is gone, the room was made by us, the chat was closed. */
  fail(cause: ChatError): void {
    this.#answer?.reject(cause);
  }

  /** A join that nobody answered may have been answered to a page that is gone: it is asked again, with all the time. */
  #onceMore(error: unknown, signal: AbortSignal): undefined {
    const { joinMs } = this.#parts;
    const silent = ChatError.isInstance(error) && error.code === "timed-out" && !signal.aborted;
    if (!silent || this.#askedAgain || this.#parts.firstJoinMs >= joinMs) throw error;
    this.#askedAgain = true;
  }

  async #attempt(nick: string, history: HistoryRequest, signal: AbortSignal): Promise<Answer> {
    const { room, password, link, initialPresence } = this.#parts;
    const limitMs = this.#limitMs;
    const answer = createDeferred<Answer>();
    answer.promise.catch(() => undefined);
    this.#answer = answer;
    this.#id = randomId();
    this.#nick = nick;
    this.#parts.onAttempt();
    const call = { signal, timeoutMs: limitMs };
    try {
      return await withDeadline(call, limitMs, "Joining the room", async () => {
        // All in this task, without an await between: on BOSH they travel in one body.
        initialPresence.send();
        this.#askFeatures(signal);
        const x = encodeMucJoin({ history, ...(password !== undefined && { password }) });
        const join = xml("presence", { to: `${room}/${nick}`, id: this.#id }, x);
        link.send(join).catch((error: unknown) => answer.reject(error));
        return answer.promise;
      });
    } finally {
      this.#limitMs = this.#parts.joinMs;
      if (this.#answer === answer) this.#answer = undefined;
    }
  }

  #askFeatures(signal: AbortSignal): void {
    const { link, room, joinMs } = this.#parts;
    const id = this.#id;
    const tell = (info: RoomInfo): void => {
      if (this.#id === id) this.#parts.onInfo(info);
    };
    link
      .request(xml("iq", { type: "get", to: room }, encodeDiscoInfo()), { signal, timeoutMs: Math.min(10_000, joinMs) })
      .then((answer) => {
        const query = answer.getChild("query", NS_DISCO_INFO);
        tell(toRoomInfo(query && decodeDiscoInfo(query)));
      })
      // No answer means no features. A room that is not there says so to the join, too.
      .catch(() => tell(toRoomInfo(undefined)));
  }

  /** XEP-0045 §7.12. */
  async #reservedNick(refusal: ChatError, signal: AbortSignal): Promise<string> {
    const { link, room } = this.#parts;
    const ask = xml("iq", { type: "get", to: room }, encodeDiscoInfo({ node: "x-roomuser-item" }));
    const answer = await link.request(ask, { signal }).catch(() => undefined);
    const query = answer?.getChild("query", NS_DISCO_INFO);
    const nick = (query && decodeDiscoInfo(query))?.identities[0]?.name;
    if (nick === undefined || nick === "") throw refusal;
    return nick;
  }
}
