import { nextTask } from "../../../../src/kit/tasks.ts";
import { xml, type XmlAttrs, type XmlElement } from "../../xml.ts";
import type { WebSocketResumeState } from "../resume-state.ts";
import { countUp, newlyAcked, readH } from "./sm-counters.ts";
import { NS_SM, type ManagedStream, type ManagerVerdict, type StreamManager } from "./stream-manager.ts";

/** More than this without an acknowledgement: the server does not mean it, and memory is not for ever. */
const MAX_UNACKED = 5_000;

/** Longest time that is believed, and what is assumed where the server names none. */
const MAX_SECONDS = 86_400;

/** What can be resumed. */
interface Session {
  id: string;
  jid: string | undefined;
  maxSeconds: number;
}

/**
 * Stream management for WebSockets (XEP-0198 1.6.1): give it to `createXmppConnection` as `streamManagement`. A socket
 * that breaks then costs nothing as long as the server keeps the session: rooms stay joined, what came meanwhile comes
 * after, and what the server has not had is sent again. BOSH repeats by itself and never uses it.
 */
export function streamManagement(restored?: WebSocketResumeState): StreamManager {
  return new Manager(restored);
}

class Manager implements StreamManager {
  #stream: ManagedStream | undefined;
  #session: Session | undefined;
  #jid: string | undefined;
  #unacked: string[] = [];
  #inbound = 0;
  #acked = 0;
  #countsOut = false;
  #countsIn = false;
  #asked = false;
  #catchingUp = false;
  #asking = false;
  #telling = false;

  constructor(restored: WebSocketResumeState | undefined) {
    if (!restored) return;
    const { id, jid, max, inbound, outbound, unacked } = restored;
    this.#session = { id, jid, maxSeconds: max ?? MAX_SECONDS };
    this.#inbound = inbound;
    this.#acked = outbound;
    this.#unacked = [...unacked];
  }

  begin(stream: ManagedStream): void {
    // Resumed, and then silence. Prosody 0.12 keeps half a frame of a connection that was cut in the middle of one, and is deaf
    // on every connection that resumes the session: only a new session helps.
    if (this.#catchingUp) this.#forget();
    this.#stream = stream;
    this.#countsOut = false;
    this.#countsIn = false;
    this.#asked = false;
    this.#catchingUp = false;
  }

  resume(features: XmlElement): boolean {
    const { id, jid } = this.#session ?? {};
    if (id === undefined || jid === undefined || !features.getChild("sm", NS_SM)) return false;
    this.#write("resume", { previd: id, h: this.#inbound });
    return true;
  }

  enable(features: XmlElement): void {
    this.#forget();
    if (!features.getChild("sm", NS_SM)) return;
    this.#write("enable", { resume: "true" });
    // The server counts from here on, whenever it says so.
    this.#countsOut = true;
  }

  bound(jid: string): void {
    this.#jid = jid;
    if (this.#session) this.#session.jid = jid;
  }

  sent(stanza: string): void {
    if (!this.#countsOut) return;
    this.#unacked.push(stanza);
    if (this.#unacked.length > MAX_UNACKED) return this.#forget();
    this.#changed();
    this.#askLater();
  }

  received(): void {
    if (!this.#countsIn) return;
    this.#inbound = countUp(this.#inbound);
    this.#changed();
  }

  take(nonza: XmlElement): ManagerVerdict | undefined {
    const { name } = nonza;
    if (name === "r") this.#answer();
    else if (name === "a") return this.#acknowledge(nonza) ? this.#caughtUp() : this.#broken();
    else if (name === "enabled") this.#onEnabled(nonza);
    else if (name === "resumed") return this.#onResumed(nonza);
    else if (name === "failed") return this.#onFailed();
    return undefined;
  }

  state(url: string): WebSocketResumeState | undefined {
    if (this.#session?.jid === undefined) return undefined;
    const { id, jid, maxSeconds } = this.#session;
    return {
      version: 1,
      kind: "websocket-sm",
      url,
      jid,
      id,
      inbound: this.#inbound,
      outbound: this.#acked,
      max: maxSeconds,
      savedAt: Date.now(),
      unacked: [...this.#unacked],
    };
  }

  #onEnabled({ attrs }: XmlElement): void {
    if (!this.#countsOut || this.#countsIn) return;
    this.#countsIn = true;
    this.#inbound = 0;
    this.#askLater();
    const { id, resume, max } = attrs;
    if (id === undefined || id === "" || (resume !== "true" && resume !== "1")) return;
    this.#session = { id, jid: this.#jid, maxSeconds: Math.min(readH(max) ?? Infinity, MAX_SECONDS) };
    this.#changed();
  }

  #onResumed(nonza: XmlElement): ManagerVerdict | undefined {
    const { id, jid } = this.#session ?? {};
    if (jid === undefined || nonza.attrs["previd"] !== id || this.#countsIn) return undefined;
    this.#countsOut = true;
    this.#countsIn = true;
    if (!this.#acknowledge(nonza)) return this.#broken();
    this.#jid = jid;
    for (const stanza of this.#unacked) this.#stream?.write(stanza);
    // Its answer comes after all that the server had kept for us.
    this.#ask();
    this.#catchingUp = true;
    return { kind: "resuming", jid };
  }

  #caughtUp(): ManagerVerdict | undefined {
    if (!this.#catchingUp || this.#jid === undefined) return undefined;
    this.#catchingUp = false;
    return { kind: "resumed", jid: this.#jid };
  }

  /** Of a resumption: the session is over. Of `<enable/>`: it works without. */
  #onFailed(): ManagerVerdict | undefined {
    const wasResuming = this.#session !== undefined && !this.#countsIn;
    this.#forget();
    return wasResuming ? { kind: "failed" } : undefined;
  }

  #acknowledge({ attrs }: XmlElement): boolean {
    const h = readH(attrs["h"]);
    const count = h === undefined ? undefined : newlyAcked(this.#acked, h, this.#unacked.length);
    if (h === undefined || count === undefined) return false;
    this.#acked = h;
    this.#unacked.splice(0, count);
    this.#asked = false;
    this.#changed();
    this.#askLater();
    return true;
  }

  #broken(): ManagerVerdict {
    this.#forget();
    return { kind: "broken" };
  }

  #answer(): void {
    if (this.#countsIn) this.#write("a", { h: this.#inbound });
  }

  /** One request for an acknowledgement after everything that is written in this task, and one at a time. */
  #askLater(): void {
    if (this.#asked || this.#asking || this.#unacked.length === 0) return;
    this.#asking = true;
    nextTask(() => {
      this.#asking = false;
      if (this.#asked || !this.#countsIn || this.#unacked.length === 0) return;
      this.#ask();
    });
  }

  #ask(): void {
    this.#asked = true;
    this.#write("r");
  }

  #write(name: string, attrs: XmlAttrs = {}): void {
    this.#stream?.write(xml(name, { xmlns: NS_SM, ...attrs }).toString());
  }

  #changed(): void {
    if (this.#telling || !this.#session) return;
    this.#telling = true;
    nextTask(() => {
      this.#telling = false;
      this.#stream?.onChange();
    });
  }

  #forget(): void {
    this.#session = undefined;
    this.#unacked = [];
    this.#inbound = 0;
    this.#acked = 0;
    this.#countsOut = false;
    this.#countsIn = false;
    this.#asked = false;
    this.#catchingUp = false;
  }
}
