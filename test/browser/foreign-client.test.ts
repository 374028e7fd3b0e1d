import { afterEach, describe, expect, it } from "vitest";
import { createXmppConnection, createXmppRoom } from "../../adapters/xmpp-muc/index.ts";
import { headlessCustomer, type HeadlessCustomer } from "../integration/headless-customer.ts";
import { freshRoom, freshUser, sharedProsody, type TestRoom, type TestUser } from "../integration/servers.ts";
import { StropheAgent } from "./strophe-agent.ts";

/** exoChat as the customer and Strophe.js 5 as the agent, in one page, on a real Prosody: both must tell the same story. */

const prosody = sharedProsody();
const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Cast {
  room: TestRoom;
  visitor: TestUser;
  agent: StropheAgent;
  jane: HeadlessCustomer;
}

/** The agent is in the room; the customer has not started. `overBosh` says how the agent is connected. */
async function cast(overBosh: boolean): Promise<Cast> {
  const [visitor, staff] = await Promise.all([freshUser(prosody), freshUser(prosody, "agent")]);
  const room = await freshRoom(prosody, { owners: [staff.jid], members: [visitor.jid] });
  const agent = await StropheAgent.join(overBosh ? prosody.boshUrl : prosody.wsUrl, staff, room.jid);
  open.push(() => agent.close());
  const jane = headlessCustomer(
    {
      chatServiceUrl: "https://rest.invalid",
      cmsServiceUrl: "https://cms.invalid",
      boshUrl: prosody.boshUrl,
      wsUrl: prosody.wsUrl,
      domain: prosody.domain,
      mucDomain: prosody.mucDomain,
      authToken: "unused",
      contactCenterId: 1,
      campaignId: 1,
      nodeflowId: 5,
      processId: 4,
      controlUrl: "",
    },
    {
      connectionProvider: () =>
        Promise.resolve({
          userEntity: { username: visitor.username, password: visitor.password, name: "Jane Smith" },
          mucRoomEntity: { roomName: room.jid, members: [visitor.jid, staff.jid], owners: [staff.jid] },
        }),
    },
  );
  open.unshift(() => jane.exoChat.dispose());
  return { room, visitor, agent, jane };
}

describe.each([
  ["BOSH", true],
  ["WebSocket", false],
])("exoChat over BOSH and Strophe over %s", (_name, overBosh) => {
  it("agree on texts, typing and displayed markers", async () => {
    const { room, agent, jane } = await cast(overBosh);
    await jane.start();
    const { exoChat } = jane;

    const msgid = await exoChat.sendMessage(room.jid, "Hello <b>&</b> 👋", "NORMAL_TEXT_MSG", null);
    const read = await agent.heard(({ body }) => body === "Hello <b>&</b> 👋");
    const own = await jane.message("Hello <b>&</b> 👋");
    expect(read).toMatchObject({ id: msgid, stanzaId: own.id, nick: "Jane Smith" });

    agent.state("composing");
    await jane.until("typing", (names: string[]) => names.includes("Asha"));
    exoChat.sendTypingStatus(room.jid);
    await agent.heard(({ element }) => element.getElementsByTagName("composing").length > 0);
    exoChat.sendPausedStatus(room.jid);
    await agent.heard(({ element }) => element.getElementsByTagName("paused").length > 0);

    const said = await agent.say("Let me see.");
    const answer = await jane.message("Let me see.");
    expect(answer).toMatchObject({
      msgid: said.id,
      id: said.stanzaId,
      sender: "agent",
      from: `${room.jid}/Asha`,
      is_archived: false,
    });
    agent.displayed(read.stanzaId ?? "");
    await jane.until("messageStatus", (status: string, id: string) => status === "displayed" && id === msgid);
    exoChat.sendDisplayedReceipt(room.jid, answer.msgid);
    const marker = await agent.heard(({ element }) => element.getElementsByTagName("displayed").length > 0);
    const marked = marker.element.getElementsByTagName("displayed")[0]?.getAttribute("id");
    // As the vendor's own client does: by the sender's id.
    expect(marked).toBe(said.id);
    expect(jane.errors).toEqual([]);
  });

  it("exchange files, each stored and read back", async () => {
    const { room, agent, jane } = await cast(overBosh);
    await jane.start();
    const file = new File(["our own bytes"], "bill.txt", { type: "text/plain" });
    const url = await jane.exoChat.uploadFileToConverse(file);
    expect(url).not.toBeNull();
    await jane.exoChat.sendMessage(room.jid, url ?? "", "MEDIA_MSG", [
      { url: url ?? "", name: "bill.txt", type: "text/plain" },
    ]);
    const shown = await agent.heard(({ body }) => body?.includes(url ?? "-") === true);
    const oob = shown.element.getElementsByTagName("url")[0]?.textContent;
    expect(oob).toBe(url);
    expect(await (await fetch(oob ?? "")).text()).toBe("our own bytes");

    const theirs = await agent.sendFile(prosody.uploadDomain, "answer.txt", "their own bytes");
    const { files } = await jane.message((message) => message.files?.[0]?.url === theirs);
    expect(await (await fetch(files?.[0]?.url ?? "")).text()).toBe("their own bytes");
    expect(jane.errors).toEqual([]);
  });

  it("agree on what was said before, by join history and by the archive", async () => {
    const { room, visitor, agent, jane } = await cast(overBosh);
    await agent.say("Anybody there?");
    await agent.say("I am here to help.");
    await jane.start();
    const old = await jane.message("I am here to help.");
    expect(old).toMatchObject({ is_archived: true, sender: "agent" });
    await jane.exoChat.sendMessage(room.jid, "Now I am", "NORMAL_TEXT_MSG", null);
    await agent.heard(({ body }) => body === "Now I am");

    const archive = await agent.archive();
    expect(archive.map(({ body }) => body)).toEqual(["Anybody there?", "I am here to help.", "Now I am"]);
    expect(jane.messages.filter(({ body }) => body !== undefined).map(({ id, body }) => ({ id, body }))).toEqual(
      archive,
    );

    const link = createXmppConnection({
      domain: prosody.domain,
      credentials: visitor,
      boshUrl: prosody.boshUrl,
      closeWhenUnused: true,
    });
    const reader = createXmppRoom({ link, room: room.jid, nick: "Jane again", history: 0 });
    open.unshift(() => reader.close());
    await reader.open({ customer: { name: "Jane Smith" } });
    const pages = await reader.history({ limit: 10 });
    expect(pages.messages.map(({ id, body }) => ({ id, body: body.kind === "text" ? body.text : null }))).toEqual(
      archive,
    );
  });
});
