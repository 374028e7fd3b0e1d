import * as v from "valibot";
import type { Answer, Form, RichBody } from "../transport/rich-bodies.ts";

const text = v.string();
const optionalText = v.exactOptional(text);

const choice = v.object({
  id: text,
  title: text,
  description: optionalText,
  section: optionalText,
  url: optionalText,
});

const form = v.object({
  id: text,
  title: text,
  description: text,
  sections: v.array(
    v.object({
      id: text,
      title: text,
      description: text,
      weight: v.exactOptional(v.number()),
      fields: v.array(
        v.object({
          id: text,
          key: text,
          label: text,
          help: text,
          required: v.boolean(),
          type: text,
          options: v.array(
            v.object({ label: text, value: text, category: optionalText, weight: v.exactOptional(v.number()) }),
          ),
          pattern: optionalText,
        }),
      ),
    }),
  ),
  actions: v.array(v.object({ title: text, action: v.picklist(["submit", "cancel", "reset"]) })),
  status: v.picklist(["open", "answered", "cancelled"]),
}) satisfies v.GenericSchema<unknown, Form>;

/** Checks an {@link Answer}: from a form of the page, a storage or another tab. */
export const answerSchema: v.GenericSchema<unknown, Answer> = v.variant("to", [
  v.object({ to: v.literal("choice"), id: text }),
  v.object({
    to: v.literal("form"),
    form,
    outcome: v.picklist(["submitted", "cancelled"]),
    values: v.record(text, v.union([text, v.array(text)])),
  }),
]);

/** Checks a {@link RichBody}. What `custom` carries is not looked at. */
export const richBodySchema: v.GenericSchema<unknown, RichBody> = v.variant("kind", [
  v.object({ kind: v.literal("link"), text, url: text }),
  v.object({
    kind: v.literal("location"),
    text,
    latitude: v.number(),
    longitude: v.number(),
    name: optionalText,
    address: optionalText,
  }),
  v.object({
    kind: v.literal("contacts"),
    text,
    contacts: v.array(
      v.object({
        name: text,
        phones: v.array(v.object({ number: text, type: optionalText })),
        emails: v.array(v.object({ address: text, type: optionalText })),
        organization: optionalText,
      }),
    ),
  }),
  v.object({
    kind: v.literal("choices"),
    text,
    style: v.picklist(["buttons", "quick-replies", "list"]),
    heading: optionalText,
    footer: optionalText,
    menu: optionalText,
    choices: v.array(choice),
    once: v.boolean(),
  }),
  v.object({
    kind: v.literal("carousel"),
    text,
    cards: v.array(
      v.object({
        title: text,
        text,
        imageUrl: optionalText,
        imageAlt: optionalText,
        url: optionalText,
        choices: v.array(choice),
        once: v.boolean(),
      }),
    ),
  }),
  v.object({ kind: v.literal("form"), text, form }),
  v.object({ kind: v.literal("custom"), type: text, text, data: v.unknown() }),
]);

/** Reads a rich body that came from a storage or another tab; `undefined` for what is none. */
export function decodeRichBody(value: unknown): RichBody | undefined {
  const read = v.safeParse(richBodySchema, value);
  return read.success ? read.output : undefined;
}

/** Reads an answer; `undefined` for what is none. */
export function decodeAnswer(value: unknown): Answer | undefined {
  const read = v.safeParse(answerSchema, value);
  return read.success ? read.output : undefined;
}
