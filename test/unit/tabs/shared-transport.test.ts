import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryService, memory } from "../../../adapters/memory/index.ts";
import { sharedTransport } from "../../../src/tabs/index.ts";
import { ChatError } from "../../../src/transport/index.ts";
import { browserOfTabs, type TestBrowser, type TestTab } from "./browser-of-tabs.ts";

let world: TestBrowser;

beforeEach(() => {
  world = browserOfTabs();
});
afterEach(() => world.closeAll());

const sent = (): string[] =>
  world.service.received.flatMap((frame) =>
    frame.type === "send" && frame.body.kind === "text" ? [frame.body.text] : [],
  );
const byes = (): number => world.service.received.filter(({ type }) => type === "bye").length;
const connected = ({ transport }: TestTab): Promise<void> =>
  vi.waitFor(() => expect(transport.state.status).toBe("connected"));
const closed = (tab: TestTab): Promise<void> => vi.waitFor(() => expect(tab.transport.state.status).toBe("closed"));
const reasonOf = ({ transport: { state } }: TestTab): string =>
  state.status === "closed" ? state.reason : state.status;

describe("tabs of one browser", () => {
  it("share one connection, and each sees what the others send as its own", async () => {
    const [first, second] = [await world.started(), await world.started()];
    expect(world.service.links).toBe(1);
    const handle = second.session.send("from the second");
    await handle.accepted;
    await first.session.send("from the first").accepted;
    world.service.say("from the agent");
    const all = ["from the second", "from the first", "from the agent"];
    await vi.waitFor(() => expect([first.heard, second.heard]).toEqual([all, all]));
    const own = first.session.messages.find(({ clientId }) => clientId === handle.clientId);
    expect(own?.from.isSelf).toBe(true);
    expect(first.session.participants).toEqual(second.session.participants);
  });

  it("show a newcomer what was said, edited as it is now, and end with replay-ended", async () => {
    const first = await world.started();
    const id = world.service.say("teh");
    await first.session.send("mine").accepted;
    world.service.change(id, { kind: "edited", body: { kind: "text", text: "the" } });
    await vi.waitFor(() => expect(first.session.messages[0]?.edited).toBe(true));
    const second = world.tab();
    const story: string[] = [];
    second.transport.on("message", ({ body, replayed }) =>
      story.push(`${replayed ? "replayed" : "live"} ${body.kind === "text" ? body.text : ""}`),
    );
    second.transport.on("replay-ended", ({ unbroken }) => story.push(`ended ${unbroken}`));
    await second.start();
    world.service.say("now");
    await vi.waitFor(() => expect(story).toEqual(["replayed the", "replayed mine", "ended false", "live now"]));
  });

  it("show a newcomer no more than the newest, as many as the option says", async () => {
    const first = await world.started({ snapshotMessages: 2 });
    for (const text of ["one", "two", "three"]) world.service.say(text);
    await vi.waitFor(() => expect(first.heard).toHaveLength(3));
    const second = await world.started();
    expect(second.heard).toEqual(["two", "three"]);
  });

  it("hear what one of them has read", async () => {
    const [first, second] = [await world.started(), await world.started()];
    const [told, own]: string[][] = [[], []];
    first.transport.on("receipt", ({ kind, from }) => told?.push(`${kind} ${from.isSelf}`));
    second.transport.on("receipt", ({ kind }) => own?.push(kind));
    world.service.say("read me");
    await vi.waitFor(() => expect(second.heard).toEqual(["read me"]));
    await second.session.markDisplayed();
    await vi.waitFor(() => expect(told).toEqual(["displayed true"]));
    await second.session.send("fence").accepted;
    expect(own).toEqual([]);
  });

  it("reconnect together when the link is lost, and lose nothing", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.say("before");
    await vi.waitFor(() => expect(second.heard).toEqual(["before"]));
    world.service.dropLinks();
    await vi.waitFor(() => expect(second.states).toContain("reconnecting"));
    world.service.say("meanwhile");
    await vi.waitFor(() =>
      expect([first.heard, second.heard]).toEqual([
        ["before", "meanwhile"],
        ["before", "meanwhile"],
      ]),
    );
    expect([first.gaps, second.gaps]).toEqual([[true], [true]]);
  });

  it("ask the tab with the connection for a sign of life", async () => {
    const [first, second] = [await world.started(), await world.started()];
    expect(await second.session.wake()).toBe(true);
    first.crash();
    expect(await second.session.wake({ timeoutMs: 5 })).toBe(false);
    // The lock is with the second by now, which waits for the last words of the first.
    await second.session.end();
    await vi.waitFor(() => expect(byes()).toBe(1));
  });
});

describe("when the tab with the connection crashes", () => {
  it("the next goes on with its token, and a message that the service has is not sent again", async () => {
    const [first, second, third] = [await world.started(), await world.started(), await world.started()];
    world.service.say("before");
    await vi.waitFor(() => expect(third.heard).toEqual(["before"]));
    second.session.on("message-status", ({ status }) => status === "sent" && first.crash());
    // Taken by the service, but nobody is there to hear the answer.
    const handle = second.session.send("once");
    await handle.accepted;
    await third.session.send("after").accepted;
    world.service.say("still there?");
    const all = ["before", "once", "after", "still there?"];
    await vi.waitFor(() => expect([second.heard, third.heard]).toEqual([all, all]));
    expect(sent()).toEqual(["once", "after"]);
    expect(world.joins()).toEqual([undefined, "token-1"]);
    expect(world.service.links).toBe(1);
    expect([second.gaps, third.gaps]).toEqual([[true], [true]]);
  });

  it("a message that it had not handed on yet is sent by the next one, once", async () => {
    const [first, second] = [await world.started(), await world.started()];
    first.crash();
    await second.session.send("once").accepted;
    world.service.say("yes");
    await vi.waitFor(() => expect(second.heard).toEqual(["once", "yes"]));
    expect(sent()).toEqual(["once"]);
  });

  it("what was said before the next one came is fetched where its replay does not reach back, and newcomers see no gap", async () => {
    world = browserOfTabs({ supports: { resume: false }, replayOnJoin: 0 });
    const [first, second] = [await world.started(), await world.started()];
    world.service.say("before");
    await vi.waitFor(() => expect(second.heard).toEqual(["before"]));
    first.crash();
    world.service.say("meanwhile");
    await vi.waitFor(() => expect(second.heard).toEqual(["before", "meanwhile"]));
    expect(second.gaps).toEqual([true]);
    const third = await world.started();
    world.service.say("after");
    await vi.waitFor(() => expect(third.heard).toEqual(["after"]));
  });

  it("what was delivered before can be marked, answered and changed over the next one, too", async () => {
    world = browserOfTabs({ supports: { resume: false }, replayOnJoin: 0 });
    const [first, second] = [await world.started(), await world.started()];
    const theirs = world.service.say("before");
    const { id: mine } = await second.session.send("mine").accepted;
    await vi.waitFor(() => expect(second.heard).toEqual(["before", "mine"]));
    first.crash();
    await vi.waitFor(() => expect(second.gaps).toEqual([true]));
    await second.session.markDisplayed(theirs);
    await second.session.react(theirs, ["👍"]);
    await second.session.edit(mine, "mine, better");
    await second.session.send("an answer", { replyTo: theirs }).accepted;
    await second.session.retract(mine);
    const changes = world.service.received.flatMap((frame) => ("id" in frame ? [`${frame.type} ${frame.id}`] : []));
    expect(changes).toEqual([`mark ${theirs}`, `react ${theirs}`, `edit ${mine}`, `retract ${mine}`]);
    // And what the others do to it is told.
    world.service.change(theirs, { kind: "edited", body: { kind: "text", text: "before, better" } });
    await vi.waitFor(() => expect(second.session.messages[0]?.edited).toBe(true));
  });

  it("says unreachable to what was under way, after it said that it may have left", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.hangNext("send");
    const onSent = vi.fn<() => void>();
    const sending = second.transport.send({ clientId: "c", body: { kind: "text", text: "?" } }, { onSent });
    first.crash();
    await expect(sending).rejects.toMatchObject({ code: "unreachable" });
    expect(onSent).toHaveBeenCalledTimes(1);
    await connected(second);
  });

  it("tries again when the service cannot be reached, and closes for all when it is refused", async () => {
    const [first, second, third] = [await world.started(), await world.started(), await world.started()];
    world.service.refuseNext("hello", "unauthorized");
    first.crash();
    await Promise.all([closed(second), closed(third)]);
    expect([reasonOf(second), reasonOf(third)]).toEqual(["refused", "refused"]);
    expect(world.service.links).toBe(0);
  });

  it("the customer who ends the chat at that moment has said goodbye", async () => {
    const [first, second, third] = [await world.started(), await world.started(), await world.started()];
    first.crash();
    await third.session.end();
    await closed(second);
    await vi.waitFor(() => expect([world.service.links, byes()]).toEqual([0, 1]));
    expect([second, third].map(reasonOf)).toEqual(["customer-left", "customer-left"]);
  });

  it("the customer who ends it in the only tab left has said goodbye, too", async () => {
    const [first, second] = [await world.started(), await world.started()];
    first.crash();
    await second.session.end();
    await vi.waitFor(() => expect([world.joins(), byes()]).toEqual([[undefined, "token-1"], 1]));
  });

  it("tries again as long as the policy says", async () => {
    const [first, second, third] = [await world.started(), await world.started(), await world.started()];
    world.service.cutAfterNext("hello");
    first.crash();
    await Promise.all([connected(second), connected(third)]);
    await vi.waitFor(() => expect(world.joins()).toHaveLength(3));
    await third.session.send("through").accepted;
    expect(sent()).toEqual(["through"]);
  });
});

describe("leaving", () => {
  it("the customer who ends the chat in one tab ends it in all", async () => {
    const [first, second, third] = [await world.started(), await world.started(), await world.started()];
    await second.session.end();
    await Promise.all([closed(first), closed(third)]);
    expect([first, second, third].map(reasonOf)).toEqual(["customer-left", "customer-left", "customer-left"]);
    expect([first, second, third].map(({ ends }) => ends.map(({ by }) => by))).toEqual([
      ["customer"],
      ["customer"],
      ["customer"],
    ]);
    await vi.waitFor(() => expect([world.service.links, byes()]).toEqual([0, 1]));
    expect([first, second, third].map((tab) => tab.handles())).toEqual([0, 0, 0]);
  });

  it("a tab that lets go leaves the chat to the others; the last one says goodbye", async () => {
    const [first, second, third] = [await world.started(), await world.started(), await world.started()];
    await third.session.close();
    expect(first.transport.state.status).toBe("connected");
    await first.session.close();
    await vi.waitFor(() => expect(world.joins()).toEqual([undefined, "token-1"]));
    await connected(second);
    await second.session.send("alone").accepted;
    expect(byes()).toBe(0);
    await second.session.close();
    await vi.waitFor(() => expect([world.service.links, byes()]).toEqual([0, 1]));
  });

  it("detach hands over, and what another tab had under way is found out", async () => {
    const [first, second] = [await world.started(), await world.started()];
    second.session.on("message-status", ({ status }) => status === "sent" && first.transport.detach?.());
    await second.session.send("once").accepted;
    await connected(second);
    await second.session.send("then").accepted;
    expect(sent()).toEqual(["once", "then"]);
    expect(world.joins()).toEqual([undefined, "token-1"]);
    expect(reasonOf(first)).toBe("handed-over");
  });

  it("the agent's end closes all of them, and nobody begins anew", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.end({ interactionId: "IN-1" });
    await Promise.all([closed(first), closed(second)]);
    expect([first, second].map(reasonOf)).toEqual(["agent-ended", "agent-ended"]);
    expect(second.ends.map(({ by, interactionId }) => [by, interactionId])).toEqual([["agent", "IN-1"]]);
    await vi.waitFor(() => expect([first.handles(), second.handles()]).toEqual([0, 0]));
    expect(world.joins()).toHaveLength(1);
  });

  it("a session that was replaced elsewhere is not fought for by any tab", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.remove("replaced");
    await Promise.all([closed(first), closed(second)]);
    expect([first, second].map(reasonOf)).toEqual(["replaced", "replaced"]);
    await vi.waitFor(() => expect([first.handles(), second.handles()]).toEqual([0, 0]));
    expect(world.joins()).toHaveLength(1);
  });

  it("a page that is put aside hands over, and follows when it is shown again", async () => {
    const [first, second] = [await world.started(), await world.started()];
    first.page.dispatchEvent(new Event("pagehide"));
    expect(first.transport.state.status).toBe("reconnecting");
    await vi.waitFor(() => expect(first.handles()).toBe(0));
    await connected(second);
    world.service.say("meanwhile");
    await vi.waitFor(() => expect(second.heard).toEqual(["meanwhile"]));
    first.page.dispatchEvent(new Event("pageshow"));
    await vi.waitFor(() => expect(first.heard).toEqual(["meanwhile"]));
    await first.session.send("back").accepted;
    expect(world.service.links).toBe(1);
    expect(world.joins()).toEqual([undefined, "token-1"]);
  });

  it("a page that was alone when it was put aside goes on with its own token", async () => {
    const first = await world.started();
    first.page.dispatchEvent(new Event("pagehide"));
    await vi.waitFor(() => expect(world.service.links).toBe(0));
    const waiting = first.session.send("later");
    first.page.dispatchEvent(new Event("pageshow"));
    await waiting.accepted;
    expect(world.joins()).toEqual([undefined, "token-1"]);
    expect(byes()).toBe(0);
  });
});

describe("opening", () => {
  it("a tab that was refused lets the next one try", async () => {
    world.service.refuseNext("hello", "unauthorized");
    const [first, second] = [world.tab(), world.tab()];
    await expect(Promise.allSettled([first.start(), second.start()])).resolves.toMatchObject([
      { status: "rejected", reason: { code: "unauthorized" } },
      { status: "fulfilled" },
    ]);
    expect(first.handles()).toBe(0);
  });

  it("a tab that comes while another is connecting waits for it", async () => {
    const [first, second] = [world.tab(), world.tab()];
    await Promise.all([first.start(), second.start()]);
    expect(world.joins()).toHaveLength(1);
    expect(second.session.conversation?.id).toBe(first.session.conversation?.id);
  });

  it("without locks or a channel, or unshared, it is the transport itself", () => {
    const inner = memory({ service: createMemoryService() });
    expect(sharedTransport({ key: "k", make: () => inner, share: false, ...world.browser.newTab() })).toBe(inner);
    // Node 20 has no locks.
    vi.stubGlobal("navigator", {});
    expect(sharedTransport({ key: "k", make: () => inner })).toBe(inner);
    vi.unstubAllGlobals();
  });

  it("needs a key", () => {
    const inner = memory({ service: createMemoryService() });
    expect(() => sharedTransport({ key: "", make: () => inner })).toThrow(ChatError);
  });

  it("where a page may not have locks it stands alone", async () => {
    const locks = {
      request: () => Promise.reject(new DOMException("No.", "SecurityError")),
      query: () => Promise.resolve({}),
    };
    const tab = await world.started({ locks });
    await tab.session.send("alone").accepted;
    expect(sent()).toEqual(["alone"]);
  });
});

describe("the channel", () => {
  it("is not believed: what no tab of ours wrote changes nothing", async () => {
    const [first, second] = [await world.started(), await world.started()];
    const real = structuredClone(world.browser.said) as Record<string, unknown>[];
    const broken = [null, 1, "text", [], {}, { v: 1 }, { v: 2, type: "closed", from: "x", reason: "replaced" }];
    for (const frame of broken) world.browser.forge(frame);
    // Ours, with one part at a time made nonsense of.
    for (const frame of real)
      for (const key of Object.keys(frame)) if (key !== "from") world.browser.forge({ ...frame, [key]: { odd: [1] } });
    world.browser.forge({ v: 1, type: "closed", from: "nobody that leads", reason: "replaced" });
    await second.session.send("still fine").accepted;
    expect([first, second].map(({ transport }) => transport.state.status)).toEqual(["connected", "connected"]);
  });

  it("carries files, errors with their limits, and what was missed", async () => {
    const [, second] = [await world.started(), await world.started()];
    const data = new Blob(["hello"], { type: "text/plain" });
    const steps: number[] = [];
    const stored = await second.session.upload(
      { name: "a.txt", mediaType: "text/plain", sizeBytes: 5, data },
      { onProgress: (bytes) => void steps.push(bytes) },
    );
    expect([stored.url instanceof URL, steps.at(-1)]).toEqual([true, 5]);
    const big = new Blob([new Uint8Array(1_048_577)]);
    const refused = second.session.upload({ name: "b", mediaType: "x/y", sizeBytes: big.size, data: big });
    await expect(refused).rejects.toMatchObject({ code: "too-large", info: { limitBytes: 1_048_576 } });
    await second.session.send({ kind: "attachments", attachments: [stored], caption: "look" }).accepted;
    const { messages } = (await second.transport.catchUp?.({ since: new Date(0), limit: 5 })) ?? { messages: [] };
    expect(messages.map(({ body }) => body)).toEqual([{ kind: "attachments", attachments: [stored], caption: "look" }]);
  });

  it("carries the adapter's own records only where it is told how", async () => {
    const raw = { encode: () => "a record", decode: (value: unknown) => value };
    const [first, second] = [await world.started({ raw }), await world.started({ raw })];
    const seen: unknown[] = [];
    second.transport.on("message", (message) => void seen.push(message.raw));
    world.service.say("hello");
    await vi.waitFor(() => expect([seen, first.heard]).toEqual([["a record"], ["hello"]]));
  });

  it("works with the platform's own", async () => {
    const options = { channel: (name: string) => new BroadcastChannel(name) };
    const [first, second] = [await world.started(options), await world.started(options)];
    await second.session.send("hello").accepted;
    await vi.waitFor(() => expect(first.heard).toEqual(["hello"]));
    first.transport.detach?.();
    await second.session.send("again").accepted;
    expect(sent()).toEqual(["hello", "again"]);
  });
});
