import { describe, expect, it } from "vitest";
import { json, rejectionOf, tenantAnswering } from "./fake-rest.ts";

const ROOM = "room_7c1f@conference.chat.example";
const ENTRY = {
  to: ROOM,
  from: `${ROOM}/Asha`,
  type: "groupchat",
  body: "Hello",
  delay_stamp: "2026-07-01T10:00:00.000Z",
  delay_from: ROOM,
};
const READ = { from: `${ROOM}/Asha`, body: "Hello", sentAt: new Date("2026-07-01T10:00:00.000Z"), fields: ENTRY };

describe("the REST archive", () => {
  it.each([
    ["a list", [ENTRY]],
    ["messages", { messages: [ENTRY] }],
    ["message", { message: [ENTRY] }],
    ["one entry without a list", { message: ENTRY }],
    ["response", { response: [ENTRY] }],
    ["response.messages", { response: { messages: [ENTRY] } }],
    ["response.message, spelled otherwise", { Response: { MESSAGE: [ENTRY] } }],
  ])("is read as %s", async (_, answer) => {
    const { service } = tenantAnswering([json(answer)]);
    await expect(service.archive(ROOM)).resolves.toEqual([READ]);
  });

  it.each([
    [{}],
    [null],
    ["x"],
    [{ messages: "x" }],
    [{ response: { response: { response: { response: [ENTRY] } } } }],
  ])("%j holds nothing", async (answer) => {
    await expect(tenantAnswering([json(answer)]).service.archive(ROOM)).resolves.toEqual([]);
  });

  it("is asked for by JID, or by name where the tenant wants that", async () => {
    const { service, calls } = tenantAnswering([json([])]);
    await service.archive(ROOM);
    expect(calls[0]).toMatchObject({
      method: "GET",
      url: "https://omni.example.com:4440/plugins/restapi/v1/xtrm/chatrooms/room_7c1f%40conference.chat.example/messages",
    });
    expect(calls[0]?.headers).not.toHaveProperty("content-type");
    const named = tenantAnswering([json([])], { wire: { historyRoomKey: "name" } });
    await named.service.archive("../x@conference.chat.example");
    expect(named.calls[0]?.url).toContain("/chatrooms/..%2Fx/messages");
  });

  it("keeps stanzas as text, times in every form, and leaves out what has neither body nor stanza", async () => {
    const at = Date.UTC(2026, 6, 1, 10);
    const answer = [
      { stanza: "<message/>" },
      { XML: "<message/>" },
      { body: "a", time: "2026-07-01T10:00:00Z" },
      { body: "b", timestamp: at },
      { body: "c", "delay-stamp": String(at) },
      { body: "d", time: "yesterday" },
      { message: "e" },
      { body: { deep: true } },
      "text",
      null,
    ];
    const entries = await tenantAnswering([json(answer)]).service.archive(ROOM);
    expect(entries.map(({ stanza, body, sentAt }) => [stanza ?? body, sentAt?.getTime()])).toEqual([
      ["<message/>", undefined],
      ["<message/>", undefined],
      ["a", at],
      ["b", at],
      ["c", at],
      ["d", undefined],
      ["e", undefined],
    ]);
  });

  it("a missing archive is not-found", async () => {
    const { service } = tenantAnswering([new Response(null, { status: 404 })]);
    expect(await rejectionOf(service.archive(ROOM))).toMatchObject({ code: "not-found" });
  });
});
