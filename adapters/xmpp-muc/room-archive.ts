import { randomId } from "../../src/kit/ids.ts";
import type { Call } from "../../src/transport/call.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { StanzaLink } from "./connection/link.ts";
import { decodeArchivedMessage, type RoomContext } from "./muc/decode-room-message.ts";
import type { RoomStanza } from "./muc/room-stanza.ts";
import {
  decodeArchiveFin,
  decodeArchiveResult,
  encodeArchiveQuery,
  type ArchiveQuery,
  type ArchiveResult,
} from "./xep/0313-mam.ts";
import type { ResultSet } from "./xep/0059-rsm.ts";
import { NS_MAM } from "./xep/namespaces.ts";
import { xml, type XmlElement } from "./xml.ts";

/** How many cursors are remembered with their time. */
const REMEMBERED = 256;

/** Which page of the archive. */
export interface ArchivePageRequest {
  /** Messages older than this archive id; the newest page when both are absent. */
  before?: string | undefined;
  /** Messages newer than this archive id. */
  after?: string | undefined;
  /** Forward from here, when `after` is absent or the archive has forgotten it. */
  since?: Date;
  max: number;
}

/** A page, oldest first. `first` and `last` are archive ids and lead on; both are absent on an empty page. */
export interface ArchivePage {
  stanzas: RoomStanza[];
  first?: string;
  last?: string;
  /** Nothing lies beyond in the direction asked. */
  complete: boolean;
}

/** Reads the room's archive (XEP-0313). Believes only results from the room itself, for a query that is open (rule 2). */
export class RoomArchive {
  readonly #link: StanzaLink;
  readonly #context: RoomContext;
  readonly #open = new Map<string, ArchiveResult[]>();
  readonly #times = new Map<string, Date>();

  constructor(link: StanzaLink, context: RoomContext) {
    this.#link = link;
    this.#context = context;
  }

  /** Takes a message if it is a result of ours; others are nobody's. @returns whether the message was one of an archive. */
  take(message: XmlElement): boolean {
    const element = message.getChild("result", NS_MAM);
    if (!element || message.attrs["type"] === "groupchat") return false;
    const result = message.attrs["from"] === this.#context.room ? decodeArchiveResult(element) : undefined;
    if (result) this.#open.get(result.queryId)?.push(result);
    return true;
  }

  /** Reads one page. @throws ChatError from the iq. */
  async page(request: ArchivePageRequest, call: Call): Promise<ArchivePage> {
    const forward = request.after !== undefined || request.since !== undefined;
    const cursor = request.after ?? request.before;
    const ask = (set: ResultSet, range: { start?: Date; end?: Date } = {}): Promise<ArchivePage> =>
      this.#query({ queryId: randomId().slice(0, 8), set: { max: request.max, ...set }, ...range }, call);
    if (forward && cursor === undefined) return ask({}, startingAt(request.since));
    try {
      return await ask(forward ? { after: cursor ?? "" } : { before: cursor ?? "" });
    } catch (error) {
      const time = cursor === undefined ? undefined : (this.#times.get(cursor) ?? request.since);
      // The archive has forgotten the id (Prosody: item-not-found); the time it stood at still means something.
      if (!time || !ChatError.isInstance(error) || error.info.vendor?.code !== "item-not-found") throw error;
      const page = await (forward ? ask({}, startingAt(time)) : ask({ before: "" }, { end: time }));
      return { ...page, stanzas: page.stanzas.filter(({ stanzaId }) => stanzaId !== cursor) };
    }
  }

  async #query(query: ArchiveQuery, call: Call): Promise<ArchivePage> {
    const results: ArchiveResult[] = [];
    this.#open.set(query.queryId, results);
    try {
      const { room } = this.#context;
      const answer = await this.#link.request(xml("iq", { type: "set", to: room }, encodeArchiveQuery(query)), call);
      const element = answer.getChild("fin", NS_MAM);
      const fin = element && decodeArchiveFin(element);
      if (!fin) throw new ChatError("bad-frame", "The room's archive answered without an end.");
      return this.#toPage(results, fin.complete);
    } finally {
      this.#open.delete(query.queryId);
    }
  }

  #toPage(results: readonly ArchiveResult[], complete: boolean): ArchivePage {
    const now = Date.now();
    const stanzas = results.flatMap((result) => decodeArchivedMessage(result, this.#context, now) ?? []);
    const first = results[0];
    const last = results.at(-1);
    if (!first || !last) return { stanzas, complete: true };
    this.#remember(first);
    this.#remember(last);
    return { stanzas, first: first.id, last: last.id, complete };
  }

  #remember({ id, stamp }: ArchiveResult): void {
    this.#times.set(id, stamp);
    if (this.#times.size <= REMEMBERED) return;
    const oldest = this.#times.keys().next().value;
    if (oldest !== undefined) this.#times.delete(oldest);
  }
}

function startingAt(start: Date | undefined): { start?: Date } {
  return start ? { start } : {};
}
