import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startProsody, type ProsodyServer } from "../../sandbox/index.ts";
import { XmppAgent } from "../contract/support/xmpp-agent.ts";
import { freshRoom, freshUser, type ProsodyHandle } from "../integration/servers.ts";
import { startRawChromium, type RawChromium, type RawTab } from "./raw-chromium.ts";
import type { TabsConfig } from "./tabs-page.ts";
import { startTabsSite, type TabsSite } from "./tabs-site.ts";

/** A tab behind another one, its timers stretched by Chromium and its processor slowed down, with a real Prosody. */

/** How long the slowest machine may take. */
const SOON = { timeout: 25_000 };

/** Lets everything through, until what is open falls silent. */
interface Tunnel {
  port: number;
  /** As a router that has forgotten the connections of now: nobody is told. New ones are let through. */
  swallow(): void;
  close(): Promise<void>;
}

let prosody: ProsodyServer;
let handle: ProsodyHandle;
let site: TabsSite;
let chromium: RawChromium;
let agent: XmppAgent;
let config: TabsConfig;
let tunnel: Tunnel;

beforeAll(async () => {
  [site, prosody, chromium] = await Promise.all([startTabsSite(), startProsody(), startRawChromium()]);
  handle = { kind: "prosody", ...prosody.addresses(), control: prosody.control };
});
afterAll(async () => {
  await Promise.all([chromium.close(), prosody.stop(), site.close()]);
});
beforeEach(async () => {
  const [customer, staff] = await Promise.all([freshUser(handle), freshUser(handle, "agent")]);
  const room = await freshRoom(handle, { owners: [staff.jid], members: [customer.jid], moderated: false });
  agent = await XmppAgent.join(handle, staff, room);
  tunnel = await startTunnel(Number(new URL(handle.boshUrl).port));
  config = { wire: { boshUrl: "" }, domain: handle.domain, room: room.jid, customer, agent: staff.jid };
});
afterEach(async () => {
  await agent.close();
  await tunnel.close();
});

async function startTunnel(target: number): Promise<Tunnel> {
  const sockets = new Map<Socket, Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    client.pipe(upstream).pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.set(socket, other);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    swallow() {
      for (const [socket, other] of sockets) {
        socket.unpipe(other);
        socket.resume();
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.keys()) socket.destroy();
      }),
  };
}

const through = (url: string): string => {
  const changed = new URL(url);
  changed.port = String(tunnel.port);
  return changed.href;
};

describe.each([
  ["BOSH", () => ({ boshUrl: through(handle.boshUrl) })],
  ["WebSocket", () => ({ websocketUrl: through(handle.wsUrl) })],
] as const)("a page that is hidden and slow, over %s", (_name, wire) => {
  const read = (tab: RawTab, what: string): Promise<unknown> => tab.evaluate(`window.tabs.${what}`);

  /** @returns a tab in the chat that is hidden behind another. */
  async function hiddenChat(): Promise<RawTab> {
    const tab = await chromium.newTab(site.origin);
    await expect.poll(() => tab.evaluate("typeof window.tabs"), SOON).toBe("object");
    await tab.evaluate(`window.tabs.start(${JSON.stringify({ ...config, wire: wire() })})`);
    await tab.command("Emulation.setCPUThrottlingRate", { rate: 6 });
    await (await chromium.newTab(`${site.origin}/elsewhere`)).activate();
    await expect.poll(() => tab.evaluate("document.visibilityState"), SOON).toBe("hidden");
    return tab;
  }

  it("keeps its session, hears what is said, and says what it has to say", { timeout: 90_000 }, async () => {
    const tab = await hiddenChat();
    for (const text of ["one", "two", "three"]) await agent.sayText(text);
    await expect.poll(() => read(tab, "heard"), SOON).toEqual(["one", "two", "three"]);
    expect(await tab.evaluate("window.tabs.send(['from behind'])")).toBe(1);
    await tab.activate();
    await expect.poll(() => tab.evaluate("document.visibilityState"), SOON).toBe("visible");
    // The question for a sign of life has disturbed nothing.
    await agent.sayText("still there?");
    await expect.poll(() => read(tab, "heard"), SOON).toContain("still there?");
    expect([await read(tab, "status"), await read(tab, "gaps"), await read(tab, "provisioned")]).toEqual([
      "connected",
      [],
      1,
    ]);
    await tab.evaluate("window.tabs.end()");
  });

  it("notices when it is seen again that its link has died, without sending", { timeout: 120_000 }, async () => {
    const tab = await hiddenChat();
    await agent.sayText("before");
    await expect.poll(() => read(tab, "heard"), SOON).toEqual(["before"]);
    tunnel.swallow();
    await agent.sayText("meanwhile");
    expect(await read(tab, "status")).toBe("connected");
    await tab.activate();
    await expect.poll(() => read(tab, "heard"), SOON).toEqual(["before", "meanwhile"]);
    await expect.poll(() => read(tab, "status"), SOON).toBe("connected");
    await tab.evaluate("window.tabs.end()");
  });
});
