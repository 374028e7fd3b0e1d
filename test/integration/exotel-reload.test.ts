import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { exotel as exotelService } from "../../adapters/exotel/index.ts";
import { xmppMuc } from "../../adapters/xmpp-muc/index.ts";
import { startExotelSandbox, type ExotelSandbox } from "../../sandbox/index.ts";
import { createChatSession, memoryStorage, type ChatSession } from "../../src/session/index.ts";

let exotel: ExotelSandbox;
const sessions: ChatSession[] = [];

beforeAll(async () => {
  exotel = await startExotelSandbox({ settings: { agentJoin: "before" } });
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});
afterAll(() => exotel.stop());

function page(storage = memoryStorage()): ChatSession {
  const { chatServiceUrl, cmsServiceUrl, boshUrl, authToken, campaignId, nodeflowId, contactCenterId, processId } =
    exotel;
  const provision = exotelService({
    chatServiceUrl,
    cmsServiceUrl,
    authToken,
    campaignId,
    nodeflowId,
    contactCenterId,
    processId,
  });
  const session = createChatSession(xmppMuc({ boshUrl, provision }), { keep: { storage } });
  sessions.push(session);
  return session;
}

const REQUEST = { customer: { name: "Jane Smith", email: "jane@shop.example", phone: "+15550100200" } };

/** @source the vendor's "requestId": the same one gives the same account and room */
it("a page that comes back to a session which the server has lost goes on in the same room, not in a new chat", async () => {
  const storage = memoryStorage();
  const first = page(storage);
  const { id } = await first.start(REQUEST);
  await first.send("before").accepted;
  const agent = await exotel.control.seat(id);
  first.detach();
  // For instance because a request of the old page came to it late, behind one of the next page's.
  await exotel.control.dropCustomer(id, "forget");
  await agent.say("meanwhile");
  const second = page(storage);
  const heard: string[] = [];
  second.on("message", ({ body }) => void (body.kind === "text" && heard.push(body.text)));
  expect((await second.start(REQUEST)).id).toBe(id);
  await second.send("after").accepted;
  await expect.poll(() => heard).toEqual(expect.arrayContaining(["meanwhile", "after"]));
  expect(exotel.control.chats()).toHaveLength(1);
  // And the page after that one, too.
  second.detach();
  await exotel.control.dropCustomer(id, "forget");
  const third = page(storage);
  expect((await third.start(REQUEST)).id).toBe(id);
  expect(exotel.control.chats()).toHaveLength(1);
});
