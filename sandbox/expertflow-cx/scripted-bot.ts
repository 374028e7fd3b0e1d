import { CX_BOT } from "./cim.ts";
import type { CxCentre, CxChat, CxWatcher } from "./cx-centre.ts";
import { sampleSurvey } from "./samples.ts";

interface Button {
  title: string;
  payload: string;
}

function buttons(text: string, list: readonly Button[]): Record<string, unknown> {
  return {
    type: "BUTTON",
    markdownText: text,
    buttonMessageType: "BUTTON",
    additionalDetails: { interactive: { type: "button", body: { text }, disableInteraction: true } },
    buttons: list.map(({ title, payload }) => ({ type: "reply", title, payload, additionalButtonDetails: null })),
  };
}

const MENU: readonly Button[] = [
  { title: "My bill is wrong", payload: "/billing" },
  { title: "Show me your plans", payload: "/plans" },
  { title: "A person, please", payload: "/agent" },
  { title: "Rate this chat", payload: "/rate" },
];

const PLANS: Record<string, unknown> = {
  type: "CAROUSEL",
  markdownText: "",
  additionalDetails: null,
  carouselMessageType: "GENERIC_RICH_MEDIA",
  elements: ["Fibre 100", "Fibre 1000"].map((plan, index) => ({
    text: `€ ${29 + index * 20} a month`,
    url: "",
    defaultAction: { type: "", url: "" },
    buttons: [{ title: `Choose ${plan}`, payload: `/choose{"plan":"${plan}"}`, type: "button" }],
    additionalCarouselElementDetails: { id: `card-${index}`, title: plan, alt: plan, disableInteraction: true },
  })),
};

/**
 * A bot that greets with buttons, shows plans, hands over and asks for a rating; it is silent once a person has the chat.
 * @returns what to add to `CxCentre.watchers`.
 */
export function scriptedBot(centre: CxCentre): CxWatcher {
  const silent = new Set<CxChat>();
  const say = (chat: CxChat, body: string | Record<string, unknown>): unknown =>
    centre.say(body, { sender: CX_BOT }, chat);
  const handOver = (chat: CxChat): void => {
    silent.add(chat);
    const type = { direction: "DIRECT_TRANSFER" };
    centre.notify("TASK_ENQUEUED", { task: { activeMedia: [{ state: "QUEUED", type }] } }, CX_BOT, chat);
    say(chat, "I am looking for a colleague.");
  };
  const answers: Record<string, ((chat: CxChat) => unknown) | undefined> = {
    billing: (chat) => say(chat, buttons("Shall a colleague look at your bill?", MENU.slice(2, 3))),
    plans: (chat) => say(chat, PLANS),
    choose: (chat) => say(chat, "Good choice. It is noted."),
    agent: handOver,
    rate: (chat) => say(chat, sampleSurvey()),
  };
  return {
    onStarted: (chat) => void say(chat, buttons("Hello! What is it about?", MENU)),
    onCustomer(chat, { header, body }) {
      if (silent.has(chat)) return;
      const known = answers[String(header["intent"])];
      if (body["type"] === "FORM_DATA") say(chat, "Thank you for rating us.");
      else if (known) known(chat);
      else say(chat, buttons("I did not understand. What is it about?", MENU));
    },
  };
}
