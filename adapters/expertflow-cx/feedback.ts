import type { FeedbackConfig, FeedbackGateway, FeedbackResponse, FeedbackScheme } from "../../src/csat/feedback.ts";
import { randomId } from "../../src/kit/ids.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { ChatMessage, MessageId } from "../../src/transport/messages.ts";
import type { Form, FormField } from "../../src/transport/rich-bodies.ts";
import type { ChatTransport } from "../../src/transport/transport.ts";
import type { ExpertflowServices } from "./services.ts";
import { webUrl } from "../../src/kit/read.ts";

/** Options of {@link expertflowFeedback}. */
export interface ExpertflowFeedbackOptions {
  /**
   * Where neither link nor form came, a rating is stored as conversation data under these keys. Absent: then nobody is asked.
   */
  store?: { services: Pick<ExpertflowServices, "setConversationData">; scoreKey: string; commentKey: string };
}

/**
 * Rating a chat of Expertflow CX, over `createCsat`. The protocol has no rating of its own; three ways are in use, and the
 * last one that the chat brought counts: a link in a text (4.6), a form in the chat (5.x), or conversation data. Make it
 * when the chat is made: it listens for links and forms. A form can only be answered while the chat is open.
 */
export function expertflowFeedback(chat: ChatTransport, { store }: ExpertflowFeedbackOptions = {}): FeedbackGateway {
  let asked: { kind: "link"; url: URL } | { kind: "form"; form: Form; replyTo: MessageId } | undefined;
  chat.on("message", (message) => {
    asked = toQuestion(message) ?? asked;
  });

  return {
    config(): Promise<FeedbackConfig> {
      if (asked?.kind === "link") return Promise.resolve({ kind: "link", url: asked.url });
      if (asked) return Promise.resolve({ kind: "collect", schemes: fieldsOf(asked.form).map(toScheme) });
      return Promise.resolve(store ? { kind: "collect", schemes: [] } : { kind: "disabled" });
    },
    async submit({ chatId }, response, call) {
      if (asked?.kind === "link")
        throw new ChatError("unsupported", "This chat is rated on the service's own page.", {
          remedy: "Open the link of the request.",
        });
      if (asked) {
        const { form, replyTo } = asked;
        const values = toValues(form, response);
        const text = Object.values(values).flat().join(", ") || form.title;
        const answer = { to: "form" as const, form, outcome: "submitted" as const, values };
        await chat.send({ clientId: randomId(), body: { kind: "text", text, answer }, replyTo }, call);
      } else if (store) {
        const { score, comment } = response;
        const data = {
          ...(score !== undefined && { [store.scoreKey]: String(score) }),
          ...(comment !== undefined && { [store.commentKey]: comment }),
        };
        await store.services.setConversationData({ conversationId: chatId }, data, call);
      } else throw new ChatError("unsupported", "Nothing in this chat asks for a rating.");
    },
  };
}

/** The address of a survey in a text: any link that says `type=survey` (the vendor's widget, `extractSurveyFromPlainMessage`). */
export function surveyLinkIn(text: string): URL | undefined {
  const links = text.match(/https?:\/\/[^\s)\]>"']+/g) ?? [];
  const link = links.find((address) => address.includes("type=survey"));
  return link === undefined || webUrl(link) === "" ? undefined : new URL(webUrl(link));
}

function toQuestion({
  id,
  from,
  body,
}: ChatMessage): { kind: "link"; url: URL } | { kind: "form"; form: Form; replyTo: MessageId } | undefined {
  if (from.isSelf) return undefined;
  if (body.kind === "form")
    return fieldsOf(body.form).some(isRating) ? { kind: "form", form: body.form, replyTo: id } : undefined;
  const url = body.kind === "text" ? surveyLinkIn(body.text) : undefined;
  return url && { kind: "link", url };
}

function fieldsOf({ sections }: Form): FormField[] {
  return sections.flatMap(({ fields }) => fields);
}

/** Forms are sent for other things, too: one that rates has a scale. */
function isRating({ type, key }: FormField): boolean {
  return type === "nps" || type === "stars" || (type === "single-choice" && /csat|rating|survey/i.test(key));
}

const MAX: Readonly<Record<string, number | undefined>> = { nps: 10, stars: 5 };

function toScheme({ id, label, type, required, options, key }: FormField): FeedbackScheme {
  const max = MAX[type];
  return {
    id,
    name: key,
    text: label,
    mandatory: required,
    ...(max !== undefined && { max }),
    ...(options.length > 0 && { items: options.map(({ label: shown, value }) => ({ label: shown, value })) }),
  };
}

/** A bare score answers the scale, a bare comment the first field to write in. */
function toValues(form: Form, { score, comment, answers = [] }: FeedbackResponse): Record<string, string> {
  const fields = fieldsOf(form);
  const values: Record<string, string> = {};
  const scale = fields.find(isRating);
  const written = fields.find(({ options, type }) => options.length === 0 && MAX[type] === undefined);
  if (scale && score !== undefined) values[scale.id] = String(score);
  if (written && comment !== undefined) values[written.id] = comment;
  for (const { schemeId, value } of answers)
    values[schemeId] = typeof value === "string" ? value : JSON.stringify(value);
  return values;
}
