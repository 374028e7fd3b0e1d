// How the demo draws what a message says. Small on purpose: it shows that a page needs no word of any vendor.
import type { Body, Choice, Form, FormField, OutgoingBody } from "../../src/index.ts";

type Answer = (body: OutgoingBody) => void;

/** Draws a body; what the customer picks or fills in goes to `answer`. */
export function drawBody(body: Body, answer: Answer): Node {
  switch (body.kind) {
    case "retracted":
      return document.createTextNode("(withdrawn)");
    case "attachments":
      return together(body.caption ?? "", ...body.attachments.map(({ url, name }) => link(url.href, name)));
    case "link":
      return link(body.url, body.text);
    case "choices":
      return together(body.text, choices(body, answer));
    case "carousel":
      return together("", ...body.cards.map((card) => together(`${card.title}: ${card.text}`, choices(card, answer))));
    case "form":
      return form(body.form, answer);
    case "text":
    case "location":
    case "contacts":
    case "custom":
      break;
  }
  return document.createTextNode(body.text);
}

function together(text: string, ...nodes: Node[]): HTMLElement {
  const box = document.createElement("div");
  box.append(text, ...nodes);
  return box;
}

function link(href: string, text: string): HTMLElement {
  const anchor = document.createElement("a");
  Object.assign(anchor, { href, textContent: text, target: "_blank", rel: "noopener noreferrer" });
  return anchor;
}

function choices({ choices, once }: { choices: readonly Choice[]; once: boolean }, answer: Answer): HTMLElement {
  const row = document.createElement("div");
  row.className = "row";
  const pick = ({ id, title }: Choice): void => {
    if (once) for (const each of row.querySelectorAll("button")) each.disabled = true;
    answer({ kind: "text", text: title, answer: { to: "choice", id } });
  };
  row.append(
    ...choices.map((choice) =>
      choice.url === undefined ? button(choice.title, () => pick(choice)) : link(choice.url, choice.title),
    ),
  );
  return row;
}

function button(title: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = title;
  made.addEventListener("click", act);
  return made;
}

function form(definition: Form, answer: Answer): HTMLElement {
  const element = document.createElement("form");
  const title = document.createElement("strong");
  title.textContent = definition.title;
  element.append(title, ...definition.sections.flatMap(({ fields }) => fields.map(field)));
  const send = document.createElement("button");
  send.textContent = definition.actions.find(({ action }) => action === "submit")?.title ?? "Send";
  element.append(send);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(element).entries());
    const values = Object.fromEntries(
      Object.entries(given).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
    );
    const text = Object.values(values).filter(Boolean).join(", ") || definition.title;
    answer({ kind: "text", text, answer: { to: "form", form: definition, outcome: "submitted", values } });
    element.replaceChildren(title, " – thank you.");
  });
  return element;
}

const SCALES: Readonly<Record<string, [number, number] | undefined>> = { stars: [1, 5], nps: [0, 10] };

function field({ id, label, type, required, options }: FormField): HTMLElement {
  const box = document.createElement("label");
  const [low, high] = SCALES[type] ?? [];
  if (options.length > 0) {
    const select = document.createElement("select");
    select.append(...options.map(({ label: shown, value }) => new Option(shown, value)));
    Object.assign(select, { name: id, required });
    box.append(`${label} `, select);
  } else {
    const input = document.createElement("input");
    Object.assign(input, { name: id, required, type: low === undefined ? "text" : "number" });
    if (low !== undefined) Object.assign(input, { min: low, max: high });
    box.append(`${label} `, input);
  }
  return box;
}
