import { vi } from "vitest";
import {
  createMemoryService,
  memory,
  type ClientFrameType,
  type MemoryService,
} from "../../../../adapters/memory/index.ts";
import { createChatSession, memoryStorage, type ChatSession, type ChatStorage } from "../../../../src/session/index.ts";
import { isAccepted } from "../../../../src/session/session-events.ts";
import { keptChat, keptItems } from "../../../support/kept-chat.ts";
import { ChatModel, type Ground } from "./chat-model.ts";

/** Something that happens. */
export type Deed =
  | { do: "send" | "agent"; count: number }
  | { do: "drop" | "repeat" | "detach" | "vanish" | "give up" | "agent ends" | "customer ends" }
  | { do: "cut" | "hang" | "refuse" | "limit" | "hang and drop"; frame: ClientFrameType }
  | { do: "wait"; ms: number }
  | { do: "cancel" | "edit" | "retry"; which: number };

/** A deed, and how many tasks go by before the next one. */
export interface Step {
  deed: Deed;
  tasks: number;
}

const RECONNECT_MS = 200;
/** What a settled chat may take: a send's time-out after each of its repeats, and then some. */
const SETTLE_SECONDS = 300;

/** One customer, one service, and the pages that the customer opens one after the other. */
export class ChatStory {
  readonly told: string[] = [];
  readonly #ground: Ground;
  readonly #service: MemoryService;
  readonly #model: ChatModel;
  readonly #lost = new Set<string>();
  /** What is written. */
  #disk: ChatStorage = memoryStorage();
  #session: ChatSession;
  /** Ends the listening to a page that is gone. */
  #alive = new AbortController();
  #over = false;
  #words = 0;
  #givesUp = false;

  constructor(ground: Ground) {
    this.#ground = ground;
    const { catchUp, resume, replayOnJoin } = ground;
    this.#service = createMemoryService({ supports: { catchUp, resume }, replayOnJoin });
    this.#model = new ChatModel(this.#service, ground);
    this.#session = this.#newPage();
  }

  /** Plays the steps and lets everything come to rest. @returns what went wrong. */
  async play(steps: readonly Step[]): Promise<readonly string[]> {
    for (const { deed, tasks: count } of steps) {
      vi.setSystemTime(Date.now() + 7);
      await this.#perform(deed);
      await tasks(count);
    }
    await this.#settle();
    this.#model.settled(this.#session.deliveries(), this.#session.messages, this.#over, this.#lost);
    this.#alive.abort();
    await this.#session.close();
    return this.#model.wrongs;
  }

  async #perform(deed: Deed): Promise<void> {
    if (this.#over) return;
    switch (deed.do) {
      case "send":
        for (let n = 0; n < deed.count; n++) this.#send();
        return;
      case "agent":
        return this.#sayMany(deed.count);
      case "drop":
        this.told.push("the link drops");
        return this.#service.dropLinks();
      case "repeat":
        this.told.push("the network says the last message again");
        return this.#service.repeatLast();
      case "cut":
      case "hang":
      case "refuse":
      case "limit":
      case "hang and drop":
        return this.#disturb(deed.do, deed.frame);
      case "wait":
        this.told.push(`${deed.ms} ms go by`);
        return this.#wait(deed.ms);
      case "detach":
      case "vanish":
        return this.#reload(deed.do);
      case "give up":
        this.told.push("the link drops, and reconnecting is given up");
        this.#givesUp = true;
        return this.#service.dropLinks();
      case "agent ends":
        this.told.push("the agent ends the chat");
        this.#model.ends = true;
        return this.#service.end();
      case "customer ends":
        this.told.push("the customer ends the chat");
        this.#over = true;
        return this.#session.end();
      case "cancel":
      case "edit":
      case "retry":
        return this.#change(deed.do, deed.which);
    }
  }

  #send(): void {
    if (this.#session.state.status === "closed") return;
    const words = `customer's ${++this.#words}`;
    const clientId = `id-${this.#words}`;
    this.told.push(`the customer sends "${words}"`);
    this.#model.sent(clientId, words);
    this.#session.send(words, { clientId });
  }

  #sayMany(count: number): void {
    const words = Array.from({ length: count }, () => `agent's ${++this.#words}`);
    if (count <= 3) return words.forEach((each) => this.#say(each));
    this.told.push(`the agent says "${words[0]}" to "${words.at(-1)}"`);
    for (const each of words) this.#service.say(each);
  }

  #say(words: string): void {
    this.told.push(`the agent says "${words}"`);
    this.#service.say(words);
  }

  #change(what: "cancel" | "edit" | "retry", which: number): void {
    const wanted = what === "retry" ? "failed" : "queued";
    const handles = this.#session.deliveries().filter(({ status }) => status === wanted);
    const handle = handles[which % handles.length];
    if (!handle || this.#session.state.status === "closed") return;
    const { body, error } = handle.message;
    const name = body.kind === "text" ? body.text : "";
    if (what === "cancel") {
      this.told.push(`the customer takes "${name}" back: ${handle.cancel() ? "in time" : "too late"}`);
    } else if (what === "edit") {
      const inTime = handle.edit(`${name}!`);
      this.told.push(`the customer changes "${name}" to "${name}!": ${inTime ? "in time" : "too late"}`);
      if (inTime) this.#model.edited(handle.clientId, `${name}!`);
    } else {
      this.told.push(`the customer sends "${name}" again, which had failed as ${error?.code}`);
      this.#model.retried(handle.clientId, error?.code);
      handle.retry().catch(() => undefined);
    }
  }

  async #disturb(how: "cut" | "hang" | "refuse" | "limit" | "hang and drop", frame: ClientFrameType): Promise<void> {
    if (frame === "catch-up" && how !== "cut" && how !== "hang and drop") this.#model.archiveHarmed = true;
    this.told.push(`fault: ${how} the next ${frame}`);
    if (how === "cut") return this.#service.cutAfterNext(frame);
    if (how === "refuse") return this.#service.refuseNext(frame, "refused");
    if (how === "limit") return this.#service.refuseNext(frame, "rate-limited");
    this.#service.hangNext(frame);
    if (how !== "hang and drop") return;
    // An archive that is silent over a link that stands is another story.
    if (frame === "catch-up") this.#model.archiveHarmed = true;
    else this.#send();
    await tasks(3);
    this.told.push("the link drops");
    this.#service.dropLinks();
  }

  /** The page goes, with a word or without one, and the next one comes. */
  async #reload(how: "detach" | "vanish"): Promise<void> {
    this.told.push(
      how === "detach" ? "the page hands over, and is loaded again" : "the page vanishes, and is loaded again",
    );
    const old = this.#session;
    const dying = this.#alive;
    if (how === "detach") {
      dying.abort();
      old.detach();
      if (!this.#ground.keepsPlace) this.#model.strayed = true;
      // The last write comes through.
      await tasks(12);
    } else {
      // The task in which the last thing happened is over.
      await tasks(1);
      if (this.#over) return;
      const copy = keptItems(this.#disk);
      this.#disk = memoryStorage();
      for (const [key, value] of copy) await this.#disk.setItem(key, value);
      dying.abort();
      if (!this.#ground.keepsPlace) this.#model.strayed = true;
      this.#service.dropLinks();
      void old.close();
    }
    this.#noteUnwritten(old);
    this.#session = this.#newPage();
  }

  /** A slow disk may lose what was asked for a moment ago; nothing else may. */
  #noteUnwritten(old: ChatSession): void {
    if (!this.#ground.slowDisk) return;
    const kept = new Set(keptChat(this.#disk)?.deliveries.map(({ clientId }) => clientId));
    for (const { clientId } of old.deliveries()) if (!kept.has(clientId)) this.#lost.add(clientId);
  }

  #storage(): ChatStorage {
    const disk = this.#disk;
    if (!this.#ground.slowDisk) return disk;
    return {
      ...disk,
      getItem: async (key) => {
        await tasks(2);
        return disk.getItem(key);
      },
      // Slower than the service.
      setItem: async (key, value) => {
        await tasks(3);
        await disk.setItem(key, value);
      },
    };
  }

  #newPage(): ChatSession {
    const alive = (this.#alive = new AbortController());
    const { signal } = alive;
    this.#givesUp = false;
    const reconnect = { nextDelayMs: () => (this.#givesUp ? null : RECONNECT_MS) };
    const transport = memory({ service: this.#service, supports: { resume: this.#ground.keepsPlace }, reconnect });
    const session = createChatSession(transport, { keep: { storage: this.#storage() } });
    const saved = keptChat(this.#disk);
    this.#model.newPage({ joined: saved?.conversation !== undefined, last: saved?.last?.id });
    session.on("message", (message) => this.#model.heard(message), { signal });
    session.on("gap", (gap) => this.#model.gap(gap), { signal });
    session.on(
      "message-status",
      (own) => own.status === "failed" && session.state.status !== "closed" && this.#model.failed(own),
      { signal },
    );
    session.on("ended", () => (this.#over = true), { signal });
    const onState: Parameters<typeof session.on<"state">>[1] = ({ previous, current }) => {
      if (current.status === "connected") this.#model.connected();
      if (previous.status === "connected" && current.status === "reconnecting") this.#model.lost();
    };
    session.on("state", onState, { signal });
    void tasks(this.#ground.startsLate ? 4 : 0)
      .then(() => session.start({ customer: { name: "Ravi" } }))
      .catch(() => undefined);
    return session;
  }

  async #wait(ms: number): Promise<void> {
    // What is under way has arrived before a long time goes by; the clock never runs ahead of the wire.
    await tasks(ms < 1_000 ? 0 : 12);
    for (let left = ms; left > 0; left -= 1_000) {
      vi.advanceTimersByTime(Math.min(left, 1_000));
      await tasks(ms < 1_000 ? 0 : 12);
    }
  }

  /** Waits until nothing is under way, coming back to a chat that was given up, and lets the agent have the last word. */
  async #settle(): Promise<void> {
    for (let seconds = 0; seconds < SETTLE_SECONDS; seconds++) {
      await this.#wait(1_000);
      if (this.#over) return;
      const { state } = this.#session;
      if (state.status === "closed") await this.#reload("detach");
      else if (state.status === "connected" && this.#quiet()) break;
    }
    this.#say("the last word");
    await tasks(20);
  }

  #quiet(): boolean {
    if (this.#model.awaitsGap) return false;
    return this.#session.deliveries().every(({ status }) => status === "failed" || isAccepted(status));
  }
}

/** Lets that many tasks go by. */
async function tasks(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise<void>((resolve) => void setImmediate(resolve));
}
