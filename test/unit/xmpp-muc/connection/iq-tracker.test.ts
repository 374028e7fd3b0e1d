import { afterEach, describe, expect, it, vi } from "vitest";
import { IqTracker, readStanzaError } from "../../../../adapters/xmpp-muc/connection/iq-tracker.ts";
import { answerIq } from "../../../../adapters/xmpp-muc/connection/iq-responder.ts";
import { parseXml, xml, type XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";
import { createDeferred } from "../../../../src/kit/deadline.ts";
import { ChatError } from "../../../../src/transport/errors.ts";

const SELF = { jid: "jane@chat.example/tab", domain: "chat.example" };

afterEach(() => {
  vi.useRealTimers();
});

function ask(tracker: IqTracker, to?: string): { iq: XmlElement; answer: Promise<XmlElement> } {
  const iq = xml("iq", { type: "get", to });
  const answer = tracker.request(iq, () => Promise.resolve(), { timeoutMs: 1_000 });
  answer.catch(() => undefined);
  return { iq, answer };
}

const reply = (iq: XmlElement, from?: string, type = "result"): XmlElement =>
  xml("iq", { type, id: iq.attrs["id"], from });

describe("requests", () => {
  it("are answered only by whom was asked: ids can be guessed", async () => {
    const tracker = new IqTracker();
    const { iq, answer } = ask(tracker, "room@conference.chat.example");
    expect(tracker.take(reply(iq, "mallory@chat.example/x"), SELF)).toBe(false);
    expect(tracker.take(reply(iq, "room@conference.chat.example/mallory"), SELF)).toBe(false);
    expect(tracker.take(reply(iq), SELF)).toBe(false);
    const right = reply(iq, "room@conference.chat.example");
    expect(tracker.take(right, SELF)).toBe(true);
    await expect(answer).resolves.toBe(right);
  });

  it("that were never written fail once, and leave no unhandled rejection when the stream goes", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    const tracker = new IqTracker();
    const lost = new ChatError("unreachable", "The stream is gone.");
    const written = createDeferred<void>();
    const answer = tracker.request(xml("iq", { type: "get" }), () => written.promise, undefined);
    const outcome = answer.catch((error: unknown) => error);
    tracker.rejectAll(lost);
    await new Promise((resolve) => void setImmediate(resolve));
    written.reject(lost);
    expect(await outcome).toBe(lost);
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  /** @source RFC 6120 §10.3.3 */
  it.each([undefined, "chat.example", "jane@chat.example", "jane@chat.example/tab"])(
    "to our own server may be answered from %s",
    async (from) => {
      const tracker = new IqTracker();
      const { iq, answer } = ask(tracker);
      expect(tracker.take(reply(iq, from), SELF)).toBe(true);
      await expect(answer).resolves.toBeDefined();
    },
  );

  it("fail with a code, the condition and who rejected it, wherever servers put the condition", async () => {
    const tracker = new IqTracker();
    const { iq, answer } = ask(tracker, "upload.chat.example");
    const error = parseXml(
      `<iq xmlns='jabber:client' type='error' id='${iq.attrs["id"]}' from='upload.chat.example'><error type='modify' by='upload.chat.example'>` +
        "<file-too-large xmlns='urn:xmpp:http:upload:0'/><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
    );
    tracker.take(error, SELF);
    await expect(answer).rejects.toMatchObject({ code: "refused", info: { vendor: { code: "not-acceptable" } } });
    expect(readStanzaError(error)).toMatchObject({ condition: "not-acceptable", by: "upload.chat.example" });
  });

  it("time out, and are rejected when the stream goes", async () => {
    vi.useFakeTimers();
    const tracker = new IqTracker();
    const late = ask(tracker, "a@b");
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(late.answer).rejects.toMatchObject({ code: "timed-out" });
    const lost = ask(tracker, "a@b");
    tracker.rejectAll(new ChatError("unreachable", "gone"));
    await expect(lost.answer).rejects.toMatchObject({ code: "unreachable" });
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** @source RFC 6120 §8.2.3: every request gets an answer */
describe("requests of others", () => {
  it("are answered: disco and ping, anything else is service-unavailable", () => {
    const request = (payload: XmlElement, type = "get"): XmlElement =>
      xml("iq", { type, id: "q", from: "a@b/c" }, payload);
    expect(answerIq(request(xml("ping", { xmlns: "urn:xmpp:ping" })))?.attrs).toMatchObject({
      type: "result",
      to: "a@b/c",
    });
    const disco = answerIq(request(xml("query", { xmlns: "http://jabber.org/protocol/disco#info" })));
    expect(disco?.toString()).toContain("urn:xmpp:receipts");
    const other = answerIq(request(xml("query", { xmlns: "jabber:iq:last" }), "set"));
    expect(other?.toString()).toContain("service-unavailable");
    expect(answerIq(xml("iq", { type: "result", id: "q" }))).toBeUndefined();
  });
});
