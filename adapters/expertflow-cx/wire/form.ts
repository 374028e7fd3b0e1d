import type { Answer, Form, FormField, FormOption, FormSection } from "../../../src/transport/rich-bodies.ts";
import { toFieldType, toValueType } from "./field-types.ts";
import { given, list, record, text, type Fields } from "../../../src/kit/read.ts";

/**
 * Reads a form: a `FORM_DATA` body, or what `GET /forms/{id}` answers. Forms before 4.6 had their attributes outside any
 * section. @param patterns regular expressions by `valueType`, from `GET /formValidation`.
 */
export function decodeForm(value: unknown, patterns: ReadonlyMap<string, string> = new Map()): Form {
  const form = record(value);
  const details = record(form["additionalDetails"]);
  const flat = list(form["attributes"]);
  const sections = flat.length > 0 ? [{ _id: "", attributes: flat }] : list(form["sections"]);
  return {
    id: text(form["formId"]) || text(form["id"]),
    title: text(form["formTitle"]),
    description: text(form["formDescription"]),
    sections: sections.map((section) => decodeSection(section, patterns)),
    actions: list(details["actionButtons"]).flatMap(decodeAction),
    status: decodeStatus(text(details["status"]).toLowerCase()),
  };
}

function decodeSection(value: unknown, patterns: ReadonlyMap<string, string>): FormSection {
  const section = record(value);
  return {
    id: text(section["_id"]) || text(section["id"]),
    title: text(section["sectionName"]),
    description: text(section["sectionDescription"]),
    ...weight(section["sectionWeightage"]),
    fields: list(section["attributes"]).map((each) => decodeField(each, patterns)),
  };
}

function decodeField(value: unknown, patterns: ReadonlyMap<string, string>): FormField {
  const field = record(value);
  const valueType = text(field["valueType"]);
  const data = list(record(field["attributeOptions"])["attributeData"]);
  return {
    id: text(field["_id"]) || text(field["id"]),
    key: text(field["key"]),
    label: text(field["label"]),
    help: text(field["helpText"]),
    required: field["isRequired"] === true,
    type: toFieldType(text(field["attributeType"]) === "TEXTAREA" && valueType === "" ? "paragraph" : valueType),
    options: data.flatMap(decodeOptions),
    ...given({ pattern: patterns.get(valueType) ?? "" }),
  };
}

function decodeOptions(value: unknown): FormOption[] {
  const group = record(value);
  const category = given({ category: text(group["label"]) });
  return list(group["values"]).map((each) => decodeOption(record(each), category));
}

function decodeOption(option: Fields, category: { category?: string }): FormOption {
  return {
    label: text(option["label"]),
    value: text(option["value"]),
    ...category,
    ...weight(option["optionWeightage"]),
  };
}

function weight(value: unknown): { weight?: number } {
  return typeof value === "number" ? { weight: value } : {};
}

function decodeAction(value: unknown): Form["actions"] {
  const { text: title, action } = record(value);
  return action === "submit" || action === "cancel" || action === "reset" ? [{ title: text(title), action }] : [];
}

function decodeStatus(status: string): Form["status"] {
  if (status === "filled") return "answered";
  return status === "cancelled" ? "cancelled" : "open";
}

/** The body that answers a form (5.x): the whole form again, with what was chosen. */
export function encodeFormAnswer({ form, outcome, values }: Extract<Answer, { to: "form" }>): object {
  const cancelled = outcome === "cancelled";
  return {
    markdownText: "",
    type: "FORM_DATA",
    formId: form.id,
    formTitle: form.title,
    additionalDetails: { status: cancelled ? "cancelled" : "filled" },
    sections: cancelled ? [] : form.sections.map((section) => encodeSection(section, values)),
  };
}

function encodeSection({ id, title, weight, fields }: FormSection, values: Record<string, string | string[]>): object {
  return {
    sectionId: id,
    sectionName: title,
    sectionWeightage: weight ?? null,
    sectionScore: null,
    attributes: fields.map((field) => encodeField(field, [values[field.id] ?? []].flat())),
  };
}

function encodeField(field: FormField, chosen: readonly string[]): object {
  const { id, label, type, required, options } = field;
  return {
    id,
    label,
    valueType: toValueType(type),
    attributeType: attributeType(field),
    attributeWeightage: null,
    attributeScore: null,
    skipType: null,
    attributeAttachment: "",
    isRequired: required,
    answer: options.length === 0 ? chosen : encodeOptions(options, chosen),
  };
}

function attributeType({ type, options }: FormField): string {
  if (options.length > 0) return "OPTIONS";
  return type === "paragraph" ? "TEXTAREA" : "INPUT";
}

/** Options under headings are answered by heading. */
function encodeOptions(options: readonly FormOption[], chosen: readonly string[]): object[] {
  const encode = ({ label, value, weight }: FormOption): object => ({
    label,
    value,
    isSelected: chosen.includes(value),
    additionalAttributes: { optionWeightage: weight ?? null, enableStyle: false, optionStyle: null },
  });
  const categories = [...new Set(options.map(({ category }) => category))];
  if (categories.every((category) => category === undefined)) return options.map(encode);
  return categories.map((category = "") => ({
    category,
    options: options.filter((option) => (option.category ?? "") === category).map(encode),
  }));
}

/** A filled form as `CHAT_REQUESTED` carries it. */
export interface CxFormData {
  id: number;
  formId: string;
  filledBy: "web-widget";
  attributes: { value: string; key: string; type: string }[];
  createdOn: string;
}

/** The pre-chat form as `CHAT_REQUESTED` carries it: key and value of each field that was filled in. */
export function encodeFormData(
  { form, values }: { form: Form; values: Record<string, string | string[]> },
  facts: { id: number; createdOn: string },
): CxFormData {
  const attributes = form.sections.flatMap(({ fields }) =>
    fields.flatMap(({ id, key }) => {
      const value = values[id];
      return value === undefined ? [] : [{ value: [value].flat().join(","), key, type: "string" }];
    }),
  );
  return { id: facts.id, formId: form.id, filledBy: "web-widget", attributes, createdOn: facts.createdOn };
}
