import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startEjabberd, startProsody, type EjabberdServer, type ProsodyServer } from "../../sandbox/index.ts";
import { NOTHING_WRONG } from "./support/check-delivery.ts";
import { openConversation, type Conversation, type FaultyTransport } from "./support/conversation.ts";
import { sendNumbers, settle } from "./support/party.ts";

const TRANSPORTS: FaultyTransport[] = ["bosh", "websocket"];

describe.each(TRANSPORTS)("a server that fails, over %s", (transport) => {
  let server: ProsodyServer;
  let conversation: Conversation | undefined;

  beforeAll(async () => {
    // On disk: what the room has must outlive the process.
    server = await startProsody({ storage: "internal", boshInactivitySeconds: 20 });
  });
  afterEach(async () => {
    await conversation?.close();
    conversation = undefined;
  });
  afterAll(() => server.stop());

  const open = async (): Promise<Conversation> => {
    conversation = await openConversation({ server, transport, seed: 1 });
    return conversation;
  };
  const expectNothingWrong = (conversation: Conversation | undefined): void => {
    expect(conversation?.check()).toEqual({ "asha to ravi": NOTHING_WRONG, "ravi to asha": NOTHING_WRONG });
  };

  it("is killed and started again while both speak: nothing lost, doubled or out of order", async () => {
    const { parties } = await open();
    const [asha, ravi] = parties;
    await Promise.all([sendNumbers(asha, 20), sendNumbers(ravi, 20)]);
    const speaking = Promise.all([sendNumbers(asha, 20), sendNumbers(ravi, 20)]);
    await server.kill();
    await server.start();
    await speaking;
    expect(await settle(asha, ravi, "over")).toBe(true);
    console.info(conversation?.summary());
    expect(asha.states).toContain("reconnecting");
    expectNothingWrong(conversation);
  }, 90_000);

  it("is restarted while nobody speaks: both are back, and nothing comes twice", async () => {
    const { parties } = await open();
    const [asha, ravi] = parties;
    await sendNumbers(asha, 10);
    const gone = Promise.all(parties.map(({ session }) => once(session, "reconnecting")));
    const back = gone.then(() => Promise.all(parties.map(({ session }) => once(session, "connected"))));
    await server.restart();
    await back;
    await Promise.all([sendNumbers(asha, 10), sendNumbers(ravi, 10)]);
    expect(await settle(asha, ravi, "over")).toBe(true);
    expectNothingWrong(conversation);
    expect(ravi.seen).toHaveLength(20);
  }, 90_000);

  it("forgets the sessions while both speak", async () => {
    const { parties } = await open();
    const [asha, ravi] = parties;
    for (let round = 0; round < 5; round++) {
      const speaking = Promise.all([sendNumbers(asha, 10), sendNumbers(ravi, 10)]);
      for (const { jid } of parties) if (jid !== undefined) await server.control.closeSessions({ jid, mode: "forget" });
      await speaking;
    }
    expect(await settle(asha, ravi, "over")).toBe(true);
    console.info(conversation?.summary());
    expect(asha.states).toContain("reconnecting");
    expectNothingWrong(conversation);
  }, 90_000);

  it("destroys the room: the chat has ended, and what was under way is reported; a new one knows nothing of it", async () => {
    const { parties, room } = await open();
    const [asha, ravi] = parties;
    await sendNumbers(asha, 5);
    const ended = new Promise<string>((resolve) => ravi.session.on("ended", ({ by }) => resolve(by)));
    const speaking = sendNumbers(ravi, 20);
    await server.control.destroyRoom(room, "over");
    await speaking;
    expect(["agent", "system"]).toContain(await ended);
    expect(ravi.session.state).toMatchObject({ status: "closed", reason: "agent-ended" });
    const told = ravi.sent.filter(({ fate }) => fate === "open");
    expect(told).toEqual([]);
    expect(ravi.sent.some(({ fate }) => fate === "failed")).toBe(true);

    await server.control.createRoom({ name: room, persistent: true });
    const again = await open();
    await Promise.all(again.parties.map((party) => sendNumbers(party, 3)));
    expect(await settle(...again.parties, "over")).toBe(true);
    expect(again.parties.map(({ seen }) => seen)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  }, 90_000);
});

describe.each(TRANSPORTS)("an ejabberd that is killed, over %s", (transport) => {
  let server: EjabberdServer;
  let conversation: Conversation | undefined;

  beforeAll(async () => {
    server = await startEjabberd({ boshInactivitySeconds: 20 });
  });
  afterEach(async () => {
    await conversation?.close();
    conversation = undefined;
  });
  afterAll(() => server.stop());

  /** Its database writes with a delay, and has no other here: what it has taken and not written dies with it. */
  const onDisk = (text: string): boolean => {
    const folder = join(server.dataDir, "mnesia");
    return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text));
  };
  const written = async (text: string): Promise<void> => {
    await expect.poll(() => onDisk(text), { timeout: 20_000 }).toBe(true);
  };

  it("and started again while both speak: what it has written is neither lost nor doubled nor out of order", async () => {
    const handle = { kind: "ejabberd" as const, ...server.addresses(), control: server.control };
    conversation = await openConversation({ server: handle, transport, seed: 1 });
    const [asha, ravi] = conversation.parties;
    await Promise.all([sendNumbers(asha, 20), sendNumbers(ravi, 20)]);
    await Promise.all([written("asha 20"), written("ravi 20")]);
    const speaking = Promise.all([sendNumbers(asha, 20), sendNumbers(ravi, 20)]);
    await server.kill();
    await server.start();
    await speaking;
    expect(await settle(asha, ravi, "over")).toBe(true);
    console.info(conversation.summary());
    expect(asha.states).toContain("reconnecting");
    const archived: string[] = [];
    for await (const { messages } of ravi.session.historyPages({ limit: 100 }))
      archived.push(...messages.flatMap(({ body }) => (body.kind === "text" ? [body.text] : [])));
    const { "asha to ravi": there, "ravi to asha": back } = conversation.check();
    for (const [who, { lost, unreported, ...rest }] of [["asha", there] as const, ["ravi", back] as const]) {
      const { lost: _lost, unreported: _unreported, ...nothing } = NOTHING_WRONG;
      expect(rest).toEqual(nothing);
      // Taken by a server that then forgot it: accepted once, and nowhere any more.
      expect(lost.filter((number) => archived.includes(`${who} ${number}`))).toEqual([]);
      expect(lost.length).toBeLessThanOrEqual(1);
      expect(unreported).toEqual(lost);
    }
  }, 120_000);
});

/** Resolves when a session comes into a state. */
function once(session: Conversation["parties"][0]["session"], status: string): Promise<void> {
  return new Promise((resolve) => {
    const off = session.on("state", ({ current }) => {
      if (current.status !== status) return;
      off();
      resolve();
    });
  });
}
