import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryStorage, type ChatSession } from "../../../src/session/index.ts";
import { browserOfTabs, type TestBrowser, type TestTab } from "./browser-of-tabs.ts";

/** `FC_SEED` replays a run, `FC_RUNS` makes it longer. */
const SEED = Number(process.env["FC_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["FC_RUNS"] ?? 40);

/** A tab that is gone is believed to be after 100 ms. */
const SOON = { timeout: 10_000, interval: 5 };

let world: TestBrowser;

beforeEach(() => {
  world = browserOfTabs();
});
afterEach(() => world.closeAll());

/** Own messages as a session shows them, with what it says of each. */
const shown = ({ session }: TestTab): string[] =>
  session.messages.flatMap(({ body, status, error }) =>
    body.kind === "text" && status ? [`${body.text} ${status}${error ? ` ${error.code}` : ""}`] : [],
  );
/** The customer's messages as the service has them. */
const taken = (): string[] =>
  world.service.messages.flatMap(({ from, body }) => (from.isSelf && body.kind === "text" ? [body.text] : []));
const handleOf = ({ session }: TestTab, text: string): ReturnType<ChatSession["deliveries"]>[number] => {
  const found = session.deliveries().find(({ message: { body } }) => body.kind === "text" && body.text === text);
  if (!found) throw new Error(`no delivery of ${text}`);
  return found;
};
/** The service has got a message, and does not answer. */
const hung = (): Promise<void> =>
  vi.waitFor(() => expect(world.service.received.some(({ type }) => type === "send")).toBe(true), SOON);
const both = (first: TestTab, second: TestTab, lines: string[]): Promise<void> =>
  vi.waitFor(() => expect([shown(first), shown(second)]).toEqual([lines, lines]), SOON);

describe("what one tab has on its way", () => {
  it("is shown in every tab with its status, whichever it was typed in, and moves on in all", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.hangNext("send");
    second.session.send("one");
    second.session.send("two");
    await both(first, second, ["one sent", "two queued"]);
    await hung();
    world.service.dropLinks();
    await both(first, second, ["one accepted", "two accepted"]);
    expect(await handleOf(first, "one").accepted).toEqual(await handleOf(second, "one").accepted);
    expect(taken()).toEqual(["one", "two"]);
  });

  it("is shown to a tab that comes later", async () => {
    const first = await world.started();
    world.service.hangNext("send");
    first.session.send("one");
    first.session.send("two");
    const second = await world.started();
    await both(first, second, ["one sent", "two queued"]);
    expect(second.session.deliveries()).toHaveLength(2);
  });

  it("is edited and taken back where it waits, and seen so everywhere", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.hangNext("send");
    second.session.send("one");
    const [two, three] = [second.session.send("two"), second.session.send("three")];
    await both(first, second, ["one sent", "two queued", "three queued"]);
    expect([handleOf(first, "two").edit("no"), handleOf(first, "three").cancel()]).toEqual([false, false]);
    expect([two.edit("zwei"), three.cancel()]).toEqual([true, true]);
    await both(first, second, ["one sent", "zwei queued", "three failed aborted"]);
    await expect(handleOf(first, "three").accepted).rejects.toMatchObject({ code: "aborted" });
  });

  it("is sent again by the tab in which the customer asks for it", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.refuseNext("send", "refused");
    second.session.send("one");
    await both(first, second, ["one failed refused"]);
    await handleOf(first, "one").retry();
    await both(first, second, ["one accepted"]);
    expect(taken()).toEqual(["one"]);
  });

  it("ends with the chat in all of them", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.hangNext("send");
    second.session.send("one");
    second.session.send("two");
    await both(first, second, ["one sent", "two queued"]);
    world.service.end();
    await vi.waitFor(() => expect(shown(second)).toEqual(["one failed unknown-outcome", "two failed closed"]), SOON);
    await vi.waitFor(() => expect(shown(first)).toEqual(["one failed closed", "two failed closed"]), SOON);
  });
});

describe("what a tab leaves behind", () => {
  it.each([
    ["with the connection", (tabs: TestTab[]) => tabs[0]],
    ["without it", (tabs: TestTab[]) => tabs[1]],
  ] as const)("when it crashes %s is sent by another one, once and in order", async (_which, choose) => {
    const tabs = [await world.started(), await world.started(), await world.started()];
    const dying = choose(tabs);
    const others = tabs.filter((tab) => tab !== dying);
    world.service.hangNext("send");
    for (const text of ["one", "two", "three"]) dying?.session.send(text);
    const waiting = ["one sent", "two queued", "three queued"];
    await vi.waitFor(() => expect(others.map(shown)).toEqual([waiting, waiting]), SOON);
    await hung();
    dying?.crash();
    world.service.dropLinks();
    const done = ["one accepted", "two accepted", "three accepted"];
    await vi.waitFor(() => expect(others.map(shown)).toEqual([done, done]), SOON);
    expect(taken()).toEqual(["one", "two", "three"]);
  });

  it("with the service is known to be there, and not sent again", async () => {
    const [first, second] = [await world.started(), await world.started()];
    // Taken, but the tab is gone before it hears of it.
    first.session.on("message-status", ({ status }) => status === "sent" && first.crash());
    first.session.send("one");
    first.session.send("two");
    await vi.waitFor(() => expect(shown(second)).toEqual(["one accepted", "two accepted"]), SOON);
    expect(taken()).toEqual(["one", "two"]);
    expect(second.heard).toEqual(["one", "two"]);
  });

  it("is sent by another one also when it lets go of the chat", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.hangNext("send");
    const [one, two] = [second.session.send("one"), second.session.send("two")];
    await both(first, second, ["one sent", "two queued"]);
    await hung();
    await second.session.close();
    await expect(two.accepted).rejects.toMatchObject({ code: "closed", info: { remedy: /Another tab/ } });
    await expect(one.accepted).rejects.toMatchObject({ code: "unknown-outcome" });
    world.service.dropLinks();
    await vi.waitFor(() => expect(shown(first)).toEqual(["one accepted", "two accepted"]), SOON);
    expect(taken()).toEqual(["one", "two"]);
  });

  it("is sent while its page is put aside, and not again when that comes back", async () => {
    const [first, second] = [await world.started(), await world.started()];
    world.service.hangNext("send");
    second.session.send("one");
    second.session.send("two");
    await both(first, second, ["one sent", "two queued"]);
    await hung();
    second.page.dispatchEvent(new Event("pagehide"));
    world.service.dropLinks();
    await vi.waitFor(() => expect(shown(first)).toEqual(["one accepted", "two accepted"]), SOON);
    second.page.dispatchEvent(new Event("pageshow"));
    await second.session.send("three").accepted;
    await both(first, second, ["one accepted", "two accepted", "three accepted"]);
    expect(taken()).toEqual(["one", "two", "three"]);
  });

  it("is sent once where the tab is loaded again with what it has kept", async () => {
    const storage = memoryStorage();
    const [first, second] = [await world.started(), await world.started({}, { storage })];
    world.service.hangNext("send");
    second.session.send("one");
    second.session.send("two");
    await both(first, second, ["one sent", "two queued"]);
    await hung();
    second.crash();
    const again = await world.started({}, { storage });
    world.service.dropLinks();
    await both(first, again, ["one accepted", "two accepted"]);
    expect(taken()).toEqual(["one", "two"]);
  });
});

it("what was read in one tab is not marked again in another", async () => {
  const [first, second] = [await world.started(), await world.started()];
  world.service.say("read me");
  await vi.waitFor(() => expect([first.heard, second.heard]).toEqual([["read me"], ["read me"]]), SOON);
  await first.session.markDisplayed();
  // What the second was told before it is told this.
  await second.session.send("fence").accepted;
  await second.session.markDisplayed();
  await first.session.send("another fence").accepted;
  expect(world.service.received.filter(({ type }) => type === "mark")).toHaveLength(1);
});

/** What may happen to tabs. `tab` counts among those that are there. */
type Deed =
  | { do: "open" }
  | { do: "send"; tab: number; count: number }
  | { do: "crash" | "close" | "aside"; tab: number }
  | { do: "drop" }
  | { do: "hang" | "cut" }
  | { do: "tasks"; count: number };

const tab = fc.nat(3);
const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("send" as const), tab, count: fc.integer({ min: 1, max: 3 }) }),
    },
    { weight: 2, arbitrary: fc.constant<Deed>({ do: "open" }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom("crash" as const, "close" as const, "aside" as const), tab }),
    },
    { weight: 2, arbitrary: fc.constantFrom<Deed>({ do: "drop" }, { do: "hang" }, { do: "cut" }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("tasks" as const), count: fc.integer({ min: 1, max: 12 }) }) },
  ),
  { minLength: 3, maxLength: 16 },
);

const nextTask = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Plays a story. The last tab that is there stays. @returns what was typed in each tab. */
async function play(story: readonly Deed[]): Promise<{ typed: string[][]; last: TestTab }> {
  const there = [await world.started()];
  const typed = new Map<TestTab, string[]>();
  for (const deed of story) {
    const chosen = "tab" in deed ? there[deed.tab % there.length] : undefined;
    if (deed.do === "open") there.push(await world.started());
    else if (deed.do === "drop") world.service.dropLinks();
    else if (deed.do === "hang" || deed.do === "cut") {
      if (deed.do === "hang") world.service.hangNext("send");
      else world.service.cutAfterNext("send");
    } else if (deed.do === "tasks") for (let n = 0; n < deed.count; n++) await nextTask();
    else if (chosen && deed.do === "send") {
      const texts = typed.get(chosen) ?? [];
      typed.set(chosen, texts);
      for (let n = 0; n < deed.count; n++) {
        const text = `${[...typed.keys()].indexOf(chosen)}.${texts.length}`;
        texts.push(text);
        chosen.session.send(text);
      }
      // The others have heard of it: what dies with its tab in the same task nobody can know.
      for (let n = 0; n < 3; n++) await nextTask();
    } else if (chosen && there.length > 1) {
      there.splice(there.indexOf(chosen), 1);
      if (deed.do === "crash") chosen.crash();
      else if (deed.do === "close") await chosen.session.close();
      else chosen.page.dispatchEvent(new Event("pagehide"));
    }
  }
  const last = there.at(-1);
  if (!last) throw new Error("The last tab stays.");
  return { typed: [...typed.values()], last };
}

it(
  "random stories of tabs lose nothing unreported, send nothing twice, and keep each tab's order",
  { timeout: 120_000 },
  async () => {
    const property = fc.asyncProperty(deeds, async (story) => {
      world = browserOfTabs();
      const { typed, last } = await play(story);
      let looks = 0;
      await vi.waitFor(() => {
        // Whoever waits for an answer that never comes waits until the link is cut.
        if (looks++ % 100 === 0) world.service.dropLinks();
        // Handed over and lost three times, a message has failed, and says so.
        const failed = shown(last).filter((line) => line.includes(" failed"));
        expect([...taken(), ...failed.map((line) => line.split(" ")[0] ?? "")].toSorted()).toEqual(
          typed.flat().toSorted(),
        );
        expect(shown(last).filter((line) => !/ (accepted|failed \S+)$/.test(line))).toEqual([]);
      }, SOON);
      for (const [index, texts] of typed.entries()) {
        const own = taken().filter((text) => text.startsWith(`${index}.`));
        expect(own).toEqual(texts.filter((text) => own.includes(text)));
      }
      await world.closeAll();
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
  },
);
