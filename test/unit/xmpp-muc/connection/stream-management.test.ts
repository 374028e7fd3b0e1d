import { describe, expect, it } from "vitest";
import { countUp, newlyAcked, readH } from "../../../../adapters/xmpp-muc/connection/sm/sm-counters.ts";
import { streamManagement } from "../../../../adapters/xmpp-muc/connection/sm/stream-management.ts";
import type { StreamManager } from "../../../../adapters/xmpp-muc/connection/sm/stream-manager.ts";
import type { WebSocketResumeState } from "../../../../adapters/xmpp-muc/connection/resume-state.ts";
import { parseXml, type XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";

const NS = "urn:xmpp:sm:3";
const TOP = 2 ** 32 - 1;
const features = parseXml(`<features><sm xmlns='${NS}'/></features>`);
const poor = parseXml("<features><sm xmlns='urn:xmpp:sm:2'/></features>");
const sm = (name: string, attrs = ""): XmlElement => parseXml(`<${name} xmlns='${NS}' ${attrs}/>`);
const task = (): Promise<void> => new Promise(setImmediate);

/** @source XEP-0198 1.6.1 §4 */
describe("counters", () => {
  it("go from 2^32 - 1 back to 0", () => {
    expect([countUp(0), countUp(TOP), countUp(TOP, 3)]).toEqual([1, 0, 2]);
  });

  it("tell how many were acknowledged newly, also over the top", () => {
    expect(newlyAcked(4, 7, 5)).toBe(3);
    expect(newlyAcked(4, 4, 5)).toBe(0);
    expect(newlyAcked(TOP - 1, 2, 4)).toBe(4);
  });

  it("believe no acknowledgement of what was never sent, forwards or backwards", () => {
    expect(newlyAcked(4, 10, 5)).toBeUndefined();
    expect(newlyAcked(4, 3, 5)).toBeUndefined();
  });

  it("are unsigned 32 bit numbers on the wire", () => {
    expect([readH("0"), readH(String(TOP))]).toEqual([0, TOP]);
    expect(["-1", "1.5", "", "x", "4294967296", undefined].map(readH)).toEqual(Array(6).fill(undefined));
  });
});

interface Desk {
  manager: StreamManager;
  written: string[];
  changes: number;
}

function desk(restored?: WebSocketResumeState): Desk {
  const made: Desk = { manager: streamManagement(restored), written: [], changes: 0 };
  begin(made);
  return made;
}

function begin(made: Desk): void {
  made.manager.begin({ write: (text) => made.written.push(text), onChange: () => made.changes++ });
}

function enabled(): Desk {
  const made = desk();
  made.manager.enable(features);
  made.manager.bound("jane@chat.example/tab");
  made.manager.take(sm("enabled", "id='s-1' resume='true' max='120'"));
  return made;
}

const state = (made: Desk): WebSocketResumeState | undefined => made.manager.state("wss://chat.example/ws");

/** @source XEP-0198 1.6.1 §3-5 */
describe("stream management", () => {
  it("is not asked of a server that does not offer it", () => {
    const made = desk();
    made.manager.enable(poor);
    made.manager.sent("<message/>");
    expect(made.written).toEqual([]);
    expect(state(made)).toBeUndefined();
    expect(made.manager.resume(poor)).toBe(false);
  });

  it("counts what is sent from <enable/> on and what is received from <enabled/> on, in the same task", () => {
    const made = desk();
    made.manager.received();
    made.manager.enable(features);
    made.manager.sent("<presence/>");
    made.manager.received();
    made.manager.take(sm("enabled", "id='s-1' resume='true'"));
    made.manager.bound("jane@chat.example/tab");
    // Three stanzas in the task that brought <enabled/>: the race of xmpp.js forgets them.
    for (let count = 0; count < 3; count++) made.manager.received();
    made.manager.take(sm("r"));
    expect(made.written.at(-1)).toContain('h="3"');
    expect(state(made)).toMatchObject({ id: "s-1", inbound: 3, outbound: 0, unacked: ["<presence/>"] });
  });

  it("asks for one acknowledgement after all that is written in a task, and again only after the answer", async () => {
    const made = enabled();
    for (const id of ["a", "b"]) made.manager.sent(`<message id='${id}'/>`);
    await task();
    const requests = (): number => made.written.filter((text) => text.startsWith("<r ")).length;
    expect(requests()).toBe(1);
    made.manager.sent("<message id='c'/>");
    await task();
    expect(requests()).toBe(1);
    made.manager.take(sm("a", "h='2'"));
    await task();
    expect(requests()).toBe(2);
    expect(state(made)?.unacked).toEqual(["<message id='c'/>"]);
    made.manager.take(sm("a", "h='3'"));
    await task();
    expect(requests()).toBe(2);
  });

  it("goes on with the old session: what was not acknowledged is sent again, in order", () => {
    const made = enabled();
    for (const id of ["a", "b", "c"]) made.manager.sent(`<message id='${id}'/>`);
    made.manager.received();
    begin(made);
    expect(made.manager.resume(features)).toBe(true);
    expect(made.written.at(-1)).toBe(`<resume xmlns="${NS}" previd="s-1" h="1"/>`);
    const jid = "jane@chat.example/tab";
    expect(made.manager.take(sm("resumed", "previd='s-1' h='1'"))).toEqual({ kind: "resuming", jid });
    expect(made.written.slice(-3)).toEqual(["<message id='b'/>", "<message id='c'/>", `<r xmlns="${NS}"/>`]);
    // What the server had kept comes before it answers.
    made.manager.received();
    expect(made.manager.take(sm("a", "h='3'"))).toEqual({ kind: "resumed", jid });
    expect(made.manager.take(sm("a", "h='3'"))).toBeUndefined();
    expect(state(made)).toMatchObject({ inbound: 2, outbound: 3, unacked: [] });
  });

  it("goes on with what another page left, counters at their top", () => {
    const left: WebSocketResumeState = {
      version: 1,
      kind: "websocket-sm",
      url: "wss://chat.example/ws",
      jid: "jane@chat.example/tab",
      id: "s-1",
      inbound: TOP,
      outbound: TOP,
      savedAt: 0,
      unacked: ["<iq/>", "<message/>"],
    };
    const made = desk(left);
    made.manager.resume(features);
    expect(made.written.at(-1)).toContain(`h="${TOP}"`);
    made.manager.take(sm("resumed", "previd='s-1' h='0'"));
    expect(made.written.slice(-2)).toEqual(["<message/>", `<r xmlns="${NS}"/>`]);
    made.manager.received();
    expect(state(made)).toMatchObject({ inbound: 0, outbound: 0 });
  });

  it("forgets a session that the server has forgotten, with all that was not acknowledged", () => {
    const made = enabled();
    made.manager.sent("<message/>");
    begin(made);
    made.manager.resume(features);
    expect(made.manager.take(sm("failed", "h='0'"))).toEqual({ kind: "failed" });
    expect(state(made)).toBeUndefined();
    expect(made.manager.resume(features)).toBe(false);
    made.manager.enable(features);
    made.manager.bound("jane@chat.example/tab");
    made.manager.take(sm("enabled", "id='s-2' resume='1'"));
    expect(state(made)).toMatchObject({ id: "s-2", inbound: 0, unacked: [] });
  });

  it("is not tried again with a session that was resumed and stayed silent", () => {
    const made = enabled();
    made.manager.sent("<message/>");
    begin(made);
    made.manager.resume(features);
    expect(made.manager.take(sm("resumed", "previd='s-1' h='0'"))).toEqual({
      kind: "resuming",
      jid: "jane@chat.example/tab",
    });
    begin(made);
    expect(made.manager.resume(features)).toBe(false);
    expect(state(made)).toBeUndefined();
  });

  it("resumes nothing that the server did not promise to keep, and nothing without a queue", () => {
    const made = desk();
    made.manager.enable(features);
    made.manager.bound("jane@chat.example/tab");
    made.manager.take(sm("enabled"));
    begin(made);
    expect(made.manager.resume(features)).toBe(false);
    expect(desk().manager.resume(features)).toBe(false);
  });

  it("works without where the server refuses it", () => {
    const made = desk();
    made.manager.enable(features);
    made.manager.sent("<message/>");
    expect(made.manager.take(sm("failed"))).toBeUndefined();
    expect(state(made)).toBeUndefined();
  });

  it.each(["h='7'", "h='x'", ""])("trusts no server that acknowledges what was never sent: <a %s/>", (h) => {
    const made = enabled();
    made.manager.sent("<message/>");
    expect(made.manager.take(sm("a", h))).toEqual({ kind: "broken" });
    expect(state(made)).toBeUndefined();
  });

  it("gives up what is never acknowledged", () => {
    const made = enabled();
    for (let count = 0; count < 5_001; count++) made.manager.sent("<message/>");
    expect(state(made)).toBeUndefined();
  });

  it("tells once for a task that its state is another", async () => {
    const made = enabled();
    await task();
    const before = made.changes;
    for (let count = 0; count < 10; count++) made.manager.received();
    made.manager.sent("<message/>");
    await task();
    expect(made.changes).toBe(before + 1);
  });

  it("takes no second <enabled/> and no stranger's <resumed/>", () => {
    const made = enabled();
    made.manager.received();
    made.manager.take(sm("enabled", "id='other' resume='true'"));
    expect(state(made)).toMatchObject({ id: "s-1", inbound: 1 });
    begin(made);
    made.manager.resume(features);
    expect(made.manager.take(sm("resumed", "previd='other' h='0'"))).toBeUndefined();
    expect(made.manager.take(sm("resumed", "previd='s-1' h='0'"))).toMatchObject({ kind: "resuming" });
  });
});
