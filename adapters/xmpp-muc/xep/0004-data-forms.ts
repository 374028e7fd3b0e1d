/** XEP-0004 Data Forms, version 2.13.1: fields and their values, as far as disco, MUC, MAM and upload use them. */
import { xml, type XmlElement } from "../xml.ts";
import { NS_DATA } from "./namespaces.ts";
import { isElement, oneOf, opt, ownChild } from "./read.ts";

/** One field. A boolean field has one value, `"0"`, `"1"`, `"true"` or `"false"`. */
export interface FormField {
  var: string;
  type?: string;
  values: string[];
}

/** `<x xmlns='jabber:x:data'>`. */
export interface DataForm {
  type: (typeof TYPES)[number];
  fields: FormField[];
}

const TYPES = ["form", "submit", "cancel", "result"] as const;

/** `undefined` for another element, or a type that the XEP does not know. Fields without a name are left out. */
export function decodeForm(x: XmlElement): DataForm | undefined {
  const type = oneOf(TYPES, x.attrs["type"]);
  if (!isElement(x, "x", NS_DATA) || type === undefined) return undefined;
  const fields: FormField[] = [];
  for (const field of x.getChildren("field", NS_DATA)) {
    const name = field.attrs["var"];
    if (name === undefined) continue;
    const values = field.getChildren("value", NS_DATA).map((value) => value.getText());
    fields.push({ var: name, ...opt("type", field.attrs["type"]), values });
  }
  return { type, fields };
}

/** Writes a form. */
export function encodeForm(form: DataForm): XmlElement {
  return xml(
    "x",
    { xmlns: NS_DATA, type: form.type },
    ...form.fields.map((field) =>
      xml("field", { var: field.var, type: field.type }, ...field.values.map((value) => xml("value", {}, value))),
    ),
  );
}

/** A form that is sent in, with its FORM_TYPE (XEP-0068) first. */
export function submitForm(formType: string, values: Record<string, string>): DataForm {
  return {
    type: "submit",
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [formType] },
      ...Object.entries(values).map(([name, value]) => ({ var: name, values: [value] })),
    ],
  };
}

/** The first value of a field. */
export function formValue(form: DataForm | undefined, name: string): string | undefined {
  return form?.fields.find((field) => field.var === name)?.values[0];
}

/** The form inside `parent`, if there is one. */
export function childForm(parent: XmlElement): DataForm | undefined {
  const x = parent.getChild("x", NS_DATA) ?? ownChild(parent, "x");
  return x && decodeForm(x);
}
