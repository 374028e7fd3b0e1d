import type { FeedbackConfig } from "../ports.ts";
import { el, formText } from "./dom.ts";
import type { PanelStrings } from "./strings.ts";

/** What a customer answered. */
export interface Rating {
  score?: number;
  comment?: string;
  answers?: { schemeId: number; name: string; value: number | string }[];
}

/** A form for the configured questions, or a rating from 1 to 5 with a comment when there are none. */
export function ratingForm(
  config: FeedbackConfig,
  strings: PanelStrings,
  done: { submit(rating: Rating): void; skip(): void },
): HTMLFormElement {
  const schemes = config.chatFeedbackSchemes ?? [];
  const mandatory = schemes.some(({ isMandatory }) => isMandatory === true);
  const questions =
    schemes.length === 0
      ? [scale("score", strings.rate, 5, true)]
      : schemes.map(({ name, feedbackText, maxPayloadValue = 5, isMandatory = false }, index) =>
          scale(
            `scheme-${index}`,
            feedbackText === "" ? name : feedbackText,
            Math.min(maxPayloadValue, 10),
            isMandatory,
          ),
        );
  const comment = el("textarea", { name: "comment", rows: "2", maxlength: "2000" });
  const skip = el("button", { type: "button" }, strings.skip);
  const form = el(
    "form",
    { class: "rating", "aria-label": strings.rate },
    ...questions,
    el("label", {}, strings.comment, comment),
    el("button", { class: "main" }, strings.submit),
    ...(mandatory ? [] : [skip]),
  );
  skip.addEventListener("click", () => done.skip());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    done.submit(read(new FormData(form), config));
  });
  return form;
}

function scale(name: string, question: string, max: number, required: boolean): HTMLFieldSetElement {
  const choices = Array.from({ length: max }, (_, index) => {
    const value = String(index + 1);
    return el("label", {}, el("input", { type: "radio", name, value, required }), value);
  });
  return el("fieldset", {}, el("legend", {}, question), el("div", {}, ...choices));
}

function read(data: FormData, { chatFeedbackSchemes = [] }: FeedbackConfig): Rating {
  const comment = formText(data, "comment");
  const score = number(data.get("score"));
  const answers = chatFeedbackSchemes.flatMap(({ chatFeedBackSchemeId, name }, index) => {
    const value = number(data.get(`scheme-${index}`));
    return value === undefined ? [] : [{ schemeId: chatFeedBackSchemeId, name, value }];
  });
  const first = score ?? answers[0]?.value;
  return {
    ...(first === undefined ? {} : { score: first }),
    ...(comment === "" ? {} : { comment }),
    ...(answers.length === 0 ? {} : { answers }),
  };
}

function number(value: FormDataEntryValue | null): number | undefined {
  return typeof value === "string" && value !== "" ? Number(value) : undefined;
}
