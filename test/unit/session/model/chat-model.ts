import type { MemoryService } from "../../../../adapters/memory/index.ts";
import { isAccepted } from "../../../../src/session/session-events.ts";
import type { GapEvent, SendHandle, SessionMessage } from "../../../../src/session/index.ts";
import type { ChatMessage } from "../../../../src/transport/index.ts";

/** What of a service decides what can be known after an outage. */
export interface Ground {
  catchUp: boolean;
  resume: boolean;
  /** How many messages a newcomer is shown. */
  replayOnJoin: number;
  /** The client can say which conversation it left, so that a reload comes back to the same one. */
  keepsPlace: boolean;
  /** Writing takes a task: what was not written is lost with the page. */
  slowDisk: boolean;
  /** The customer may write before the chat is started. */
  startsLate: boolean;
}

/** What a customer's message may come to. */
interface Wanted {
  clientId: string;
  text: string;
  /** What it may say at the service. */
  readings: Set<string>;
  /** Its place among what was sent. */
  place: number;
  /** How often the service may have it. */
  allowed: number;
  retried: boolean;
  /** Once nobody could tell what became of it; a reload does not change that. */
  doubtful: boolean;
}

/** What one page has been told. Everything is counted by the place of a message in the service. */
class PageModel {
  /** From here on nothing may be missing; unknown before the page is connected. */
  floor: number | undefined;
  lastHeard = -1;
  joined = false;
  readonly heard = new Set<string>();
  /** Ranges that a gap has admitted. */
  readonly admitted: { from: number; to: number }[] = [];
  outage: { from: number } | undefined;
}

/** The simple model: what the customer has asked for, what the service has, and what each page may and must be told. */
export class ChatModel {
  readonly #service: MemoryService;
  readonly #ground: Ground;
  readonly #wanted = new Map<string, Wanted>();
  #places = 0;
  #page = new PageModel();
  /** Somebody kept the archive from answering: then nothing can tell, whatever the service is. */
  archiveHarmed = false;
  /** The chat has another name at the service after a reload. */
  strayed = false;
  /** Two outages in one, and no archive: a stream that goes on says nothing of the one before. */
  #reopened = false;
  /** The agent ends it: what is in doubt then stays so. */
  ends = false;
  readonly wrongs: string[] = [];

  constructor(service: MemoryService, ground: Ground) {
    this.#service = service;
    this.#ground = ground;
  }

  /** A page begins. @param kept what the storage says: whether it was in the chat, and the newest message it knew. */
  newPage(kept: { joined: boolean; last: string | undefined }): void {
    const { floor, admitted } = this.#page;
    this.#page = new PageModel();
    this.#page.admitted.push(...admitted);
    if (!kept.joined) return;
    const at = kept.last === undefined ? -1 : this.#indexOf(kept.last);
    this.#page.floor = at >= 0 ? at + 1 : floor;
    this.#page.outage = { from: this.#page.floor ?? 0 };
  }

  /** Whether an outage has not been told yet. */
  get awaitsGap(): boolean {
    return this.#page.outage !== undefined;
  }

  sent(clientId: string, text: string): void {
    this.#wanted.set(clientId, {
      clientId,
      text,
      readings: new Set([text]),
      place: this.#places++,
      allowed: 1,
      retried: false,
      doubtful: false,
    });
  }

  edited(clientId: string, text: string): void {
    const wanted = this.#wanted.get(clientId);
    if (!wanted) return;
    // A slow disk may have lost the change with the page.
    if (!this.#ground.slowDisk) wanted.readings.clear();
    wanted.readings.add(text);
    wanted.text = text;
  }

  retried(clientId: string, code: string | undefined): void {
    const wanted = this.#wanted.get(clientId);
    if (!wanted) return;
    wanted.retried = true;
    if (code === "unknown-outcome") wanted.allowed++;
  }

  connected(): void {
    this.#page.joined = true;
    this.#page.floor ??= this.#service.messages.length;
  }

  lost(): void {
    if (this.#page.outage) this.#reopened = true;
    this.#page.outage ??= { from: this.#page.lastHeard + 1 };
  }

  gap({ repaired, recovered }: GapEvent): void {
    const { outage } = this.#page;
    if (!outage && recovered === 0) this.#wrong("a gap was told without an outage");
    if (!repaired) this.#page.admitted.push({ from: outage?.from ?? 0, to: this.#service.messages.length });
    this.#page.outage = undefined;
  }

  heard(message: ChatMessage): void {
    const page = this.#page;
    const name = text(message);
    // What the customer chose to repeat is there twice.
    const places = this.#service.messages.flatMap(({ id }, index) => (id === message.id ? [index] : []));
    const index = places.find((place) => place > page.lastHeard) ?? places[0];
    if (index === undefined) return this.#wrong(`"${name}" was heard, and the service does not have it`);
    if (page.heard.has(message.id)) this.#wrong(`"${name}" was heard twice`);
    else if (index < page.lastHeard) this.#wrong(`"${name}" was heard after what came later`);
    this.#noHole(index, `before "${name}"`);
    page.heard.add(message.id);
    page.lastHeard = Math.max(page.lastHeard, index);
  }

  /** An own message has failed in a page that lives. */
  failed({ clientId, error }: SessionMessage): void {
    const wanted = this.#wanted.get(clientId ?? "");
    if (!wanted || error?.code !== "unknown-outcome") return;
    wanted.doubtful ||= this.#mayDoubt(error.cause);
    const name = wanted.text;
    if (!wanted.doubtful) this.#wrong(`"${name}" has an unknown outcome, and the service can tell`);
  }

  /** Everything has come to rest. @param over nobody goes on with this chat. @param written what was kept when each page went. */
  settled(handles: readonly SendHandle[], messages: readonly SessionMessage[], over: boolean, lost: Set<string>): void {
    if (!over) this.#noHole(this.#service.messages.length, "at the end");
    // Who ends a chat before it is back need not hear what was missed.
    if (this.#page.outage && (this.#page.joined || !over)) this.#wrong("an outage was never told");
    const twice = (id: string): boolean =>
      this.#indexOf(id) !== this.#service.messages.findLastIndex((message) => message.id === id);
    const order = messages.flatMap(({ id }) => (id === undefined || twice(id) ? [] : [this.#indexOf(id)]));
    if (order.some((index, at) => index < (order[at - 1] ?? 0))) this.#wrong("the list is out of order");
    const byId = new Map(handles.map((handle) => [handle.clientId, handle]));
    for (const wanted of this.#wanted.values()) this.#judge(wanted, byId.get(wanted.clientId), over, lost);
    this.#inOrder();
  }

  #judge(wanted: Wanted, handle: SendHandle | undefined, over: boolean, lost: Set<string>): void {
    const taken = this.#service.messages.filter(({ clientId }) => clientId === wanted.clientId);
    const name = `"${wanted.text}"`;
    const code = handle?.message.error?.code;
    if (taken.length > wanted.allowed) this.#wrong(`${name} is at the service ${taken.length} times`);
    if (!wanted.retried && taken.some(({ body }) => body.kind !== "text" || !wanted.readings.has(body.text)))
      this.#wrong(`${name} reads otherwise at the service`);
    if (!handle) {
      if (taken.length === 0 && !over && !lost.has(wanted.clientId)) this.#wrong(`${name} has vanished`);
    } else if (isAccepted(handle.status)) {
      if (taken.length === 0) this.#wrong(`${name} is accepted, and the service does not have it`);
    } else if (handle.status !== "failed") this.#wrong(`${name} is ${handle.status} for ever`);
    else if (taken.length > 0 && code !== "unknown-outcome" && !wanted.retried)
      this.#wrong(`${name} has failed as ${code}, and the service has it`);
    else if (taken.length > 0 && !over && !wanted.doubtful)
      this.#wrong(`${name} has failed, and the service has it and can tell`);
  }

  /** What the customer did not repeat has arrived in the order of sending. */
  #inOrder(): void {
    let before: Wanted | undefined;
    for (const { clientId } of this.#service.messages) {
      const wanted = this.#wanted.get(clientId ?? "");
      if (!wanted || wanted.retried) continue;
      if (before && before.place > wanted.place) this.#wrong(`"${wanted.text}" arrived after "${before.text}"`);
      before = wanted;
    }
  }

  #noHole(end: number, where: string): void {
    const { floor, heard, admitted } = this.#page;
    if (floor === undefined) return;
    for (let index = Math.max(floor, this.#page.lastHeard + 1); index < end; index++) {
      const { id = "", body } = this.#service.messages[index] ?? {};
      if (heard.has(id) || admitted.some(({ from, to }) => index >= from && index < to)) continue;
      this.#wrong(`"${body?.kind === "text" ? body.text : index}" is missing ${where}, and no gap says so`);
    }
  }

  #mayDoubt(cause: unknown): boolean {
    const { catchUp, resume } = this.#ground;
    if (this.ends || this.archiveHarmed || this.strayed || !(catchUp || resume)) return true;
    // On a link that stands only an archive can be asked.
    const stood = (cause as { code?: unknown } | undefined)?.code === "timed-out";
    return !catchUp && (this.#reopened || stood);
  }

  #indexOf(id: string): number {
    return this.#service.messages.findIndex((message) => message.id === id);
  }

  #wrong(what: string): void {
    if (!this.wrongs.includes(what)) this.wrongs.push(what);
  }
}

function text({ body }: ChatMessage): string {
  return body.kind === "text" ? body.text : body.kind;
}
