import { describe, expect, it } from "vitest";
import { messageId } from "../../../src/kit/ids.ts";
import { MessageLog } from "../../../src/session/message-log.ts";
import { ChatError, type ChatMessage, type Participant } from "../../../src/transport/index.ts";

const ME: Participant = { id: "me", name: "Ravi", role: "customer", isSelf: true };
const HELLO = { clientId: "c-1", body: { kind: "text" as const, text: "hello" } };

function reflection(id: string): ChatMessage {
  return {
    id: messageId(id),
    clientId: "c-1",
    from: ME,
    sentAt: new Date(0),
    replayed: false,
    body: HELLO.body,
    raw: undefined,
  };
}

describe("the message log", () => {
  it("takes a failed message whose reflection turns up for accepted, and drops the error", () => {
    const log = new MessageLog(() => undefined);
    const entry = log.addOwn(HELLO, ME);
    log.advance(entry, "failed", new ChatError("timed-out", "No answer."));
    expect(log.add(reflection("m-1"))).toBe(true);
    expect(log.messages).toHaveLength(1);
    expect(log.messages[0]).toMatchObject({ id: "m-1", status: "accepted" });
    expect(log.messages[0]?.error).toBeUndefined();
  });

  it("tells of a reflection once, whether it comes before or after the answer", () => {
    for (const answerFirst of [true, false]) {
      const log = new MessageLog(() => undefined);
      const entry = log.addOwn(HELLO, ME);
      const sent = { id: messageId("m-1"), acceptedAt: new Date(0) };
      if (answerFirst) log.accept(entry, sent);
      expect(log.add(reflection("m-1"))).toBe(true);
      log.accept(entry, sent);
      expect(log.add(reflection("m-1"))).toBe(false);
      expect(log.messages).toHaveLength(1);
    }
  });

  it("never fails what the service has", () => {
    const log = new MessageLog(() => undefined);
    const entry = log.addOwn(HELLO, ME);
    log.accept(entry, { id: messageId("m-1"), acceptedAt: new Date(0) });
    log.advance(entry, "failed", new ChatError("unreachable", "Gone."));
    expect(entry.status).toBe("accepted");
  });
});
