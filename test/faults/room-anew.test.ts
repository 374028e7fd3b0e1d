import { afterEach, describe, expect, it } from "vitest";
import { createTcpDelayProxy } from "../../sandbox/index.ts";
import {
  freshRoom,
  freshUser,
  sharedEjabberd,
  sharedProsody,
  type ServerHandle,
  type TestRoom,
  type TestUser,
} from "../integration/servers.ts";
import { XmppAgent } from "../contract/support/xmpp-agent.ts";
import { joinParty, sendNumbers, type SessionParty } from "./support/party.ts";

/** A room that is destroyed and made anew, with its messages or without, while the customer is away. */

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

interface Away {
  room: TestRoom;
  staff: TestUser;
  ravi: SessionParty;
  /** What the session says first. */
  outcome: Promise<string>;
  comeBack: () => void;
}

/** A customer who has said something, and whose connection was cut. */
async function awayCustomer(server: ServerHandle, wire: "BOSH" | "WebSocket"): Promise<Away> {
  const [customer, staff] = await Promise.all([freshUser(server), freshUser(server, "agent")]);
  const room = await freshRoom(server, { owners: [staff.jid], members: [customer.jid] });
  const proxy = await createTcpDelayProxy({ target: server.boshUrl });
  open.push(proxy);
  const address = wire === "BOSH" ? { boshUrl: proxy.via(server.boshUrl) } : { websocketUrl: proxy.via(server.wsUrl) };
  const connection = { ...address, domain: server.domain, credentials: customer };
  const ravi = await joinParty({ name: "ravi", connection, room: room.jid }, "asha");
  open.unshift(ravi);
  await sendNumbers(ravi, 3);
  const outcome = new Promise<string>((resolve) => {
    ravi.session.on("gap", ({ repaired }) => resolve(repaired ? "repaired" : "not repaired"));
    ravi.session.on("ended", () => resolve("ended"));
  });
  proxy.behaviour = "refuse";
  proxy.cut();
  const comeBack = (): void => {
    proxy.behaviour = "forward";
  };
  return { room, staff, ravi, outcome, comeBack };
}

async function makeAnew(server: ServerHandle, { name, jid }: TestRoom): Promise<void> {
  await server.control.destroyRoom(jid);
  if (server.kind === "prosody") return void (await server.control.createRoom({ name, persistent: true }));
  // Its room's process may still be about to end.
  const created = (): Promise<boolean> => server.control.createRoom({ name }).then(Boolean, () => false);
  await expect.poll(created).toBe(true);
  return undefined;
}

describe.each([
  ["Prosody", "BOSH", sharedProsody],
  ["Prosody", "WebSocket", sharedProsody],
  ["ejabberd", "BOSH", sharedEjabberd],
  ["ejabberd", "WebSocket", sharedEjabberd],
] as const)("a room on %s that is made anew while the customer, over %s, is away", (name, wire, getServer) => {
  const server = getServer();

  it.each([0, 3])(
    "and in which %i messages were said before: what is missing is told",
    async (before) => {
      const { room, staff, ravi, outcome, comeBack } = await awayCustomer(server, wire);
      const first = await XmppAgent.join(server, staff, room);
      for (let number = 1; number <= before; number++) await first.sayText(`asha ${number}`);
      await first.close();
      await makeAnew(server, room);
      const second = await XmppAgent.join(server, staff, room);
      open.unshift(second);
      for (let number = before + 1; number <= before + 40; number++) await second.sayText(`asha ${number}`);
      comeBack();
      const told = await outcome;
      console.info(`${name} ${wire}: ${told}, saw ${ravi.seen.join(" ")}`);
      // The session that the server had kept hears of the end; a new one finds another room under the same name.
      const kept = wire === "BOSH";
      expect(told).toBe(kept ? "ended" : "not repaired");
      expect(ravi.session.state.status).toBe(kept ? "closed" : "connected");
      expect(ravi.seen).toHaveLength(kept ? before : 40);
    },
    60_000,
  );

  it("or only destroyed: the chat has ended", async () => {
    const { room, ravi, comeBack } = await awayCustomer(server, wire);
    const ended = new Promise<void>((resolve) => ravi.session.on("ended", () => resolve()));
    await server.control.destroyRoom(room.jid);
    comeBack();
    await ended;
    await expect.poll(() => ravi.session.state).toMatchObject({ status: "closed", reason: "agent-ended" });
  });
});
