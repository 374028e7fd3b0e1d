import { readFile } from "node:fs/promises";
import type { BrowserContext, Page } from "playwright";
import { expect } from "vitest";
import type { AgentCapability } from "../../src/agent/index.ts";
import type { CustomerSeat, DeskSeat } from "./agent-story-page.ts";

/** Who works in the contact centre: two agents and a supervisor. */
export type Staff = "asha" | "omar" | "sara";

/** What a step may need beyond what a desk's transport declares: a bot, that only one agent can take a chat, a transcript as a file. */
export type FarAbility = "bot" | "one-taker" | "pdf";

/** A vendor's service with everybody's way in. */
export interface StoryService {
  customer: CustomerSeat;
  desks: Record<Staff, DeskSeat>;
  /** Under which a colleague is asked in. */
  ids: Record<Staff, string>;
  /** Under which the others see them. */
  names: Record<Staff, string>;
  can: readonly FarAbility[];
  /** Has the chat ring at both agents, where no bot hands over. */
  ring(): Promise<void>;
  /** What the service keeps of the chat for the customer to read, raw. */
  kept(conversationId: string): Promise<string>;
  /** Notes that reached the service, as `who: reason: note`. */
  wrapUps(): string[];
  stop(): Promise<void>;
}

const SOON = { timeout: 20_000 };
const ASK = "A person, please";
const PLANS = "There are three plans.";
const ALOUD = "One moment, Jane.";
const WHISPERED = "Offer her a new kettle.";
const FORBIDDEN = "may I say something";

/** Somebody before their page. */
interface Person {
  page: Page;
  says(text: string): Promise<void>;
  /** @returns what became of it: `done`, or the code of the error. */
  tries(text: string): Promise<string>;
  whispers(text: string): Promise<string>;
  reads(text: string): Promise<void>;
  hears(event: string): Promise<void>;
  rings(conversationId: string): Promise<void>;
  /** Takes the newest request of that conversation, also one that rings no more. */
  accepts(conversationId: string): Promise<string>;
}

function personOn(page: Page): Person {
  const tries = (text: string): Promise<string> =>
    page.evaluate((text) => window.story.outcome(window.story.session().send(text).accepted), text);
  return {
    page,
    tries,
    says: async (text) => expect(await tries(text)).toBe("done"),
    whispers: (text) => page.evaluate((text) => window.story.outcome(window.story.chat().whisper(text)), text),
    async reads(text) {
      await expect.poll(() => page.evaluate(() => window.story.texts), SOON).toContain(text);
    },
    async hears(event) {
      await expect.poll(() => page.evaluate(() => window.story.told), SOON).toContain(event);
    },
    async rings(conversationId) {
      const ringing = (): Promise<string[]> =>
        page.evaluate(() => window.story.desk().requests.map((request) => request.conversationId));
      await expect.poll(ringing, SOON).toContain(conversationId);
    },
    accepts: (conversationId) =>
      page.evaluate((id) => window.story.outcome(window.story.desk().accept(window.story.request(id))), conversationId),
  };
}

/** Everybody, and what the customer's socket was sent. */
interface Cast extends Record<Staff | "customer", Person> {
  service: StoryService;
  conversationId: string;
  frames: string[];
}

/** A sentence of the story. It is left out where the vendor lacks what it needs. */
interface Step {
  name: string;
  needs: readonly (AgentCapability | FarAbility)[];
  run(cast: Cast): Promise<void>;
}

const STORY: readonly Step[] = [
  {
    name: "the customer starts on the page",
    needs: [],
    async run(cast) {
      cast.conversationId = await cast.customer.page.evaluate(
        (seat) => window.story.startChat(seat),
        cast.service.customer,
      );
    },
  },
  {
    name: "the bot answers",
    needs: ["bot"],
    async run({ customer }) {
      await customer.says("Which plans are there?");
      await customer.reads(PLANS);
    },
  },
  {
    name: "the bot hands over",
    needs: ["bot"],
    run: ({ customer }) => customer.says(ASK),
  },
  {
    name: "the request rings at two agents",
    needs: [],
    async run({ service, asha, omar, conversationId }) {
      await service.ring();
      await asha.rings(conversationId);
      await omar.rings(conversationId);
    },
  },
  {
    name: "one accepts, and they talk",
    needs: [],
    async run({ asha, customer, conversationId }) {
      expect(await asha.accepts(conversationId)).toBe("done");
      await asha.says("Hello Jane, Asha here.");
      await customer.reads("Hello Jane, Asha here.");
      await customer.says("My kettle is broken.");
      await asha.reads("My kettle is broken.");
    },
  },
  {
    name: "the other's ring ends",
    needs: ["requestEnds"],
    async run({ omar }) {
      await omar.hears("request-ended elsewhere");
      expect(await omar.page.evaluate(() => window.story.desk().requests.length)).toBe(0);
    },
  },
  {
    name: "who accepts second gets a conflict",
    needs: ["one-taker"],
    async run({ omar, conversationId }) {
      expect(await omar.accepts(conversationId)).toBe("conflict");
      await omar.hears("request-ended elsewhere");
    },
  },
  {
    name: "the supervisor monitors: any send is refused, and the customer has no trace of it",
    needs: ["monitor"],
    async run({ sara, customer, asha, frames, conversationId }) {
      const before = frames.length;
      const monitored = await sara.page.evaluate(
        (conversationId) => window.story.outcome(window.story.desk().monitor({ conversationId, participants: [] })),
        conversationId,
      );
      expect(monitored).toBe("done");
      expect(await sara.page.evaluate(() => window.story.chat().part)).toBe("monitor");
      expect(await sara.tries(FORBIDDEN)).toBe("refused");
      expect(await sara.whispers(FORBIDDEN)).toBe("refused");
      await customer.says("Are you there?");
      for (const each of [asha, sara]) await each.reads("Are you there?");
      await asha.says("I am.");
      await customer.reads("I am.");
      const since = frames.slice(before).join("\n");
      expect(since).toContain("I am.");
      expect(since).not.toMatch(/sara|may I say/i);
    },
  },
  {
    name: "the supervisor barges in, and is heard",
    needs: ["monitor", "bargeIn"],
    async run({ sara, customer, asha }) {
      expect(await sara.page.evaluate(() => window.story.outcome(window.story.chat().bargeIn()))).toBe("done");
      await sara.says("Sara here, I have read it all.");
      for (const each of [customer, asha]) await each.reads("Sara here, I have read it all.");
    },
  },
  {
    name: "the supervisor whispers to the agent, and the customer never gets it",
    needs: ["whisper", "bargeIn"],
    async run(cast) {
      const { sara, asha, customer } = cast;
      expect(await sara.whispers(WHISPERED)).toBe("done");
      await asha.reads(`whisper: ${WHISPERED}`);
      // Said after it: whatever of the whisper was to come to the customer has come.
      await asha.says(ALOUD);
      await customer.reads(ALOUD);
      await assertSecret(cast);
      const past = await customer.page.evaluate(async () => {
        const { messages } = await window.story.session().history({ limit: 100 });
        return messages.map(({ body }) => (body.kind === "text" ? body.text : body.kind));
      });
      expect(past).toContain(ALOUD);
      expect(past).not.toContain(WHISPERED);
    },
  },
  {
    name: "the chat is transferred to a colleague",
    needs: ["addParticipant", "transfer"],
    async run({ asha, omar, customer, service, conversationId }) {
      const ask = (id: string): Promise<string> =>
        asha.page.evaluate((id) => window.story.outcome(window.story.chat().addParticipant({ id })), id);
      const handOver = (id: string): Promise<string> =>
        asha.page.evaluate((id) => window.story.outcome(window.story.chat().transfer({ id })), id);
      const present = (): Promise<string[]> =>
        asha.page.evaluate(() => window.story.session().participants.map(({ name }) => name));
      expect(await handOver(service.ids.omar)).toBe("not-found");
      expect(await ask(service.ids.omar)).toBe("done");
      await omar.rings(conversationId);
      expect(await omar.accepts(conversationId)).toBe("done");
      await expect.poll(present, SOON).toContain(service.names.omar);
      expect(await handOver(service.ids.omar)).toBe("done");
      await asha.hears("removed left");
      await expect.poll(() => omar.page.evaluate(() => window.story.chat().part), SOON).toBe("owner");
      await omar.says("Omar takes over.");
      await customer.reads("Omar takes over.");
    },
  },
  {
    name: "the chat is ended",
    needs: [],
    async run(cast) {
      const { omar, customer } = cast;
      expect(await omar.page.evaluate(() => window.story.outcome(window.story.chat().end()))).toBe("done");
      await customer.hears("ended agent");
      await customer.hears("state closed");
      // Whatever a bot thinks of while a human is there is not for the customer.
      const texts = await customer.page.evaluate(() => window.story.texts);
      expect(texts.filter((text) => text === PLANS).length).toBeLessThanOrEqual(1);
      await assertSecret(cast);
    },
  },
  {
    name: "the wrap-up reaches the centre",
    needs: ["wrapUp"],
    async run({ omar, service }) {
      const note = { reason: "sold", note: "a kettle" };
      const noted = await omar.page.evaluate((note) => window.story.outcome(window.story.chat().wrapUp(note)), note);
      expect(noted).toBe("done");
      await expect.poll(() => service.wrapUps(), SOON).toEqual([`${service.ids.omar}: sold: a kettle`]);
    },
  },
  {
    name: "the customer downloads the transcript",
    needs: ["pdf"],
    async run({ customer }) {
      const download = customer.page.waitForEvent("download");
      await customer.page.evaluate(() => window.story.download());
      const bytes = await readFile(await (await download).path(), "latin1");
      expect(bytes.slice(0, 5)).toBe("%PDF-");
      for (const text of [PLANS, ALOUD, "Omar takes over."]) expect(bytes).toContain(text);
      for (const text of [WHISPERED, FORBIDDEN]) expect(bytes).not.toContain(text);
    },
  },
];

/** Neither in what came over the customer's socket nor in what the service keeps for the customer. */
async function assertSecret({ frames, service, conversationId, customer }: Cast): Promise<void> {
  const transcript = await customer.page.evaluate(() => window.story.session().transcript());
  for (const place of [frames.join("\n"), await service.kept(conversationId), transcript]) {
    expect(place).toContain(ALOUD);
    for (const text of [WHISPERED, FORBIDDEN]) expect(place).not.toContain(text);
  }
}

/**
 * Tells the story with a page for each person. @returns the names of the steps that were left out, each with what the vendor
 * lacks for it.
 */
export async function tellStory(service: StoryService, context: BrowserContext, origin: string): Promise<string[]> {
  const open = async (): Promise<Person> => {
    const page = await context.newPage();
    await page.goto(origin);
    return personOn(page);
  };
  const [customer, asha, omar, sara] = [await open(), await open(), await open(), await open()];
  const frames: string[] = [];
  customer.page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => frames.push(payload.toString()));
  });
  for (const [who, { page }] of Object.entries({ asha, omar, sara }))
    await page.evaluate((seat) => window.story.signIn(seat), service.desks[who as Staff]);
  const supports = await asha.page.evaluate(() => window.story.desk().supports);
  const has = (need: AgentCapability | FarAbility): boolean =>
    need in supports ? supports[need as AgentCapability] : service.can.includes(need as FarAbility);
  const cast: Cast = { service, customer, asha, omar, sara, frames, conversationId: "" };
  const leftOut: string[] = [];
  for (const step of STORY) {
    const lacking = step.needs.filter((need) => !has(need));
    if (lacking.length === 0) await step.run(cast);
    else leftOut.push(`${step.name} (${lacking.join(", ")})`);
  }
  return leftOut;
}
