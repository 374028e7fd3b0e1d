import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { streamManagement } from "../../adapters/xmpp-muc/index.ts";
import { createTcpDelayProxy, startProsody, type ProsodyServer, type TcpDelayProxy } from "../../sandbox/index.ts";
import type { GapEvent } from "../../src/session/index.ts";
import { uniqueName } from "../integration/servers.ts";
import { checkDelivery, NOTHING_WRONG } from "./support/check-delivery.ts";
import { joinParty, sendNumbers, settle, type SessionParty } from "./support/party.ts";

/** Longer away than the server keeps a session. */

const WIRES = ["bosh", "websocket", "websocket, resumed"] as const;

describe.each(WIRES)("a customer who is away, over %s", (wire) => {
  let server: ProsodyServer;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    server = await startProsody({ storage: "internal", boshInactivitySeconds: 2, resumeSeconds: 2 });
  });
  afterEach(async () => {
    for (const thing of open.splice(0)) await thing.close();
  });
  afterAll(() => server.stop());

  interface Scene {
    room: string;
    ravi: SessionParty;
    gaps: GapEvent[];
    goAway: () => void;
    comeBack: () => void;
  }

  async function joined(who: string, other: string, room: string, via?: TcpDelayProxy): Promise<SessionParty> {
    const address =
      wire === "bosh"
        ? { boshUrl: via?.via(server.boshUrl) ?? server.boshUrl }
        : { websocketUrl: via?.via(server.wsUrl) ?? server.wsUrl };
    const credentials = { username: uniqueName(who), password: "secret" };
    await server.control.createUser(credentials.username, credentials.password);
    const connection = { ...address, domain: server.domain, credentials };
    const more = wire === "websocket, resumed" ? { streamManagement } : {};
    const party = await joinParty({ name: who, connection, room }, other, more);
    open.unshift(party);
    return party;
  }

  async function scene(): Promise<Scene> {
    const { jid: room } = await server.control.createRoom({ name: uniqueName("away"), persistent: true, history: 5 });
    const proxy = await createTcpDelayProxy({ target: server.boshUrl });
    open.push(proxy);
    const ravi = await joined("ravi", "asha", room, proxy);
    const gaps: GapEvent[] = [];
    ravi.session.on("gap", (gap) => gaps.push(gap));
    return {
      room,
      ravi,
      gaps,
      goAway: () => {
        proxy.behaviour = "refuse";
        proxy.cut();
      },
      comeBack: () => {
        proxy.behaviour = "forward";
      },
    };
  }

  const isThere = async (room: string, nick: string): Promise<boolean> =>
    (await server.control.describeRoom(room)).occupants.some((occupant) => occupant.nick === nick);

  it("for longer than the server keeps the session misses nothing, and what waited is sent", async () => {
    const { room, ravi, gaps, goAway, comeBack } = await scene();
    const asha = await joined("asha", "ravi", room);
    await Promise.all([sendNumbers(asha, 5), sendNumbers(ravi, 5)]);
    goAway();
    const waiting = Array.from({ length: 5 }, () => ravi.sendNext());
    await expect.poll(() => isThere(room, "ravi"), { timeout: 15_000 }).toBe(false);
    await sendNumbers(asha, 20);
    comeBack();
    await Promise.all(waiting);
    expect(await settle(asha, ravi, "over")).toBe(true);
    expect(checkDelivery(asha.sent, ravi.seen)).toEqual(NOTHING_WRONG);
    expect(checkDelivery(ravi.sent, asha.seen)).toEqual(NOTHING_WRONG);
    expect(gaps.map(({ repaired }) => repaired)).toEqual([true]);
  }, 60_000);
});
