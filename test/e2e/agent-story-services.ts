import { expertflowChatBot } from "../../adapters/expertflow-chat/bot/index.ts";
import { startChatSolutionSandbox, startProsody } from "../../sandbox/index.ts";
import { createBot, type Bot } from "../../src/bot/index.ts";
import type { StoryService } from "./agent-story.ts";

const HOUR_MS = 3_600_000;

/** Chat Solution with a bot. @param amq whether agents are told by ActiveMQ that a ring is over. */
export async function chatSolutionService(amq: boolean): Promise<StoryService> {
  const solution = await startChatSolutionSandbox({ switches: { ringEndsByAmq: amq } });
  const { url, centre } = solution;
  const bot = storyBot();
  await bot.serve(expertflowChatBot({ url, transports: ["websocket"] }));
  const desk = (agentId: string): StoryService["desks"]["asha"] => {
    const { password = "" } = centre.accounts.find(({ id }) => id === agentId) ?? {};
    return { vendor: "chat-solution", url, agentId, password, amq };
  };
  return {
    customer: { vendor: "chat-solution", url },
    desks: { asha: desk("asha"), omar: desk("omar"), sara: desk("sara") },
    ids: { asha: "asha", omar: "omar", sara: "sara" },
    names: { asha: "Asha Rao", omar: "Omar Said", sara: "Sara Lind" },
    can: ["bot", "one-taker", "pdf"],
    // The bot hands over.
    ring: async () => undefined,
    async kept(conversationId) {
      const time = new Date(Date.now() + HOUR_MS).toISOString();
      const query = new URLSearchParams({ conversationId, count: "100", time });
      return (await fetch(`${url}/api/conversation/past-messages?${query.toString()}`)).text();
    },
    wrapUps: () => centre.wrapUps.map(({ by, text }) => `${by}: ${text}`),
    async stop() {
      await bot.close();
      await solution.stop();
    },
  };
}

/** Knows of plans, and when it is not enough. */
function storyBot(): Bot {
  return createBot({
    id: "helper",
    name: "Helper",
    type: "Rasa",
    async onMessage({ body }, chat) {
      if (body.kind !== "text" || !body.text.includes("person")) return "There are three plans.";
      await chat.handOver();
      return undefined;
    },
  });
}

/** A room on Prosody, as a contact centre makes it: moderated, and visitors are seen by nobody. */
export async function xmppService(): Promise<StoryService> {
  const prosody = await startProsody();
  const { control, domain, wsUrl: websocketUrl } = prosody;
  const jids = {
    asha: await control.createUser("asha", "asha-secret"),
    omar: await control.createUser("omar", "omar-secret"),
    sara: await control.createUser("sara", "sara-secret"),
  };
  const customer = await control.createUser("visitor", "visitor-secret");
  const { jid: room } = await control.createRoom({
    name: "story",
    persistent: true,
    whois: "anyone",
    moderated: true,
    presenceBroadcast: ["moderator", "participant"],
    owners: [jids.asha],
    members: [customer, jids.omar],
  });
  const names = { asha: "Asha", omar: "Omar", sara: "Sara" };
  const roleOf = (who: keyof typeof jids): "agent" | "supervisor" => (who === "sara" ? "supervisor" : "agent");
  const colleagues = (["asha", "omar", "sara"] as const).map((who) => ({
    id: jids[who],
    name: names[who],
    role: roleOf(who),
  }));
  const login = (username: string): { websocketUrl: string; domain: string; username: string; password: string } => ({
    websocketUrl,
    domain,
    username,
    password: `${username}-secret`,
  });
  const desk = (who: keyof typeof jids): StoryService["desks"]["asha"] => ({
    vendor: "xmpp",
    ...login(who),
    name: names[who],
    role: roleOf(who),
    colleagues,
  });
  return {
    customer: { vendor: "xmpp", ...login("visitor"), room },
    desks: { asha: desk("asha"), omar: desk("omar"), sara: desk("sara") },
    ids: jids,
    names,
    // Rooms have no bot's endpoint, let in everybody who was asked, and give no files.
    can: [],
    async ring() {
      // The room vouches for them.
      for (const to of [jids.asha, jids.omar])
        await control.sendStanza(
          `<message from='${room}' to='${to}'><x xmlns='http://jabber.org/protocol/muc#user'>` +
            `<invite from='centre@${domain}'/></x></message>`,
        );
    },
    kept: async () => (await control.stanzasOf(room)).join("\n"),
    wrapUps: () => [],
    stop: () => prosody.stop(),
  };
}
