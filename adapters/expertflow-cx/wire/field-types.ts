import type { FormFieldType } from "../../../src/transport/rich-bodies.ts";

/** `valueType` of the vendor's forms and the contract's word for it. Both ways: answers repeat the vendor's. */
const FIELD_TYPES: readonly (readonly [valueType: string, type: FormFieldType])[] = [
  ["shortAnswer", "short-answer"],
  ["paragraph", "paragraph"],
  ["alphaNumeric", "alphanumeric"],
  ["alphaNumericSpecial", "alphanumeric-special"],
  ["number", "number"],
  ["positiveNumber", "positive-number"],
  ["phoneNumber", "phone"],
  ["email", "email"],
  ["password", "password"],
  ["url", "url"],
  ["ip", "ip"],
  ["date", "date"],
  ["time", "time"],
  ["dateTime", "date-time"],
  ["file", "file"],
  ["boolean", "boolean"],
  ["radio", "single-choice"],
  ["checkbox", "multiple-choice"],
  ["dropdown", "dropdown"],
  ["nps", "nps"],
  ["5-star-rating", "stars"],
  ["color", "color"],
  ["range", "range"],
];

/** The contract's word; an unknown `valueType` (`mcq`, OM's older `String50`) stays as the vendor spells it. */
export function toFieldType(valueType: string): FormFieldType {
  return FIELD_TYPES.find(([theirs]) => theirs.toLowerCase() === valueType.toLowerCase())?.[1] ?? valueType;
}

/** The vendor's word. */
export function toValueType(type: FormFieldType): string {
  return FIELD_TYPES.find(([, ours]) => ours === type)?.[0] ?? type;
}
