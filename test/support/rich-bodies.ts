import type { Form, RichBody } from "../../src/index.ts";

/** One form with a written, a chosen and a several-times chosen answer. */
export const RATING_FORM: Form = {
  id: "form-1",
  title: "Rate us",
  description: "",
  sections: [
    {
      id: "section-1",
      title: "CSAT",
      description: "",
      weight: 10,
      fields: [
        {
          id: "field-1",
          key: "csat",
          label: "How did we do?",
          help: "",
          required: true,
          type: "single-choice",
          options: [
            { label: "Good", value: "5", weight: 1 },
            { label: "Poor", value: "1", category: "Low" },
          ],
        },
        {
          id: "field-2",
          key: "why",
          label: "Why?",
          help: "Optional",
          required: false,
          type: "short-answer",
          options: [],
          pattern: "^.{0,50}$",
        },
      ],
    },
  ],
  actions: [{ title: "Send", action: "submit" }],
  status: "open",
};

const CHOICE = { id: "choice-1", title: "Billing", description: "Invoices", section: "Accounts" };

/** One message of each kind, with every optional member. */
export const RICH_BODIES: readonly RichBody[] = [
  { kind: "link", text: "Status page", url: "https://status.example.test/" },
  { kind: "location", text: "Shop, 1 High St", latitude: 33.6, longitude: 73.1, name: "Shop", address: "1 High St" },
  {
    kind: "contacts",
    text: "Help Desk +15550123",
    contacts: [
      {
        name: "Help Desk",
        phones: [{ number: "+15550123", type: "WORK" }],
        emails: [{ address: "help@example.test" }],
        organization: "Demo",
      },
    ],
  },
  {
    kind: "choices",
    text: "Pick one",
    style: "list",
    heading: "Topics",
    footer: "24/7",
    menu: "Menu",
    choices: [CHOICE, { id: "choice-2", title: "Read", url: "https://x.example.test/" }],
    once: true,
  },
  {
    kind: "carousel",
    text: "Plan A: Fibre 100",
    cards: [
      {
        title: "Plan A",
        text: "Fibre 100",
        imageUrl: "https://cx.example.test/a.png",
        imageAlt: "Plan A",
        url: "https://x.example.test/a",
        choices: [CHOICE],
        once: false,
      },
    ],
  },
  { kind: "form", text: "Rate us", form: RATING_FORM },
  { kind: "custom", type: "sticker", text: "", data: { stickerId: 7 } },
];
