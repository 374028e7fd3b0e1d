import { describe, expect, it, onTestFinished } from "vitest";
import { createXmppConnection, createXmppRoom } from "../../adapters/xmpp-muc/index.ts";
import { createBoshFaultProxy, startProsody, type BoshLogEntry } from "../../sandbox/index.ts";

/**
 * Requests that had to wait for an earlier answer, the first one included: each step of the negotiation asks for what only
 * the answer to the one before gives. An empty poll beside them waits for nothing and nothing waits for it.
 */
function inSequence(log: readonly BoshLogEntry[]): number {
  return log.filter(({ sid, empty, restart }) => sid === undefined || !empty || restart).length;
}

/** What a customer waits for on a slow network is round trips. */
describe("joining a room over BOSH", () => {
  it.each([
    ["PLAIN", { disableScram: true }, 4],
    ["SCRAM-SHA-256", { saslHash: "SHA-256", disablePlain: true } as const, 5],
  ])("takes with %s so many requests in sequence", async (mechanism, options, expected) => {
    const prosody = await startProsody(options);
    onTestFinished(() => prosody.stop());
    await prosody.control.createUser("jane", "pencil");
    const { jid } = await prosody.control.createRoom({ name: "room", persistent: true });
    const proxy = await createBoshFaultProxy({ target: prosody.boshUrl });
    onTestFinished(() => proxy.close());
    const link = createXmppConnection({
      boshUrl: proxy.url,
      domain: prosody.domain,
      credentials: { username: "jane", password: "pencil" },
      closeWhenUnused: true,
    });
    const room = createXmppRoom({ link, room: jid });
    await room.open({ customer: { name: "Jane" } });
    const log = [...proxy.log];
    await room.close();
    expect(log.some(({ body }) => body.includes(`mechanism="${mechanism}"`))).toBe(true);
    expect(inSequence(log)).toBe(expected);
  });
});
