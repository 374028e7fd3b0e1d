/**
 * What a message can say beyond text and files. Each kind is plain JSON, and each has `text`: what it says where it cannot be
 * drawn (a transcript, a screen reader, an old client), never empty where the vendor gave any words.
 */
export type RichBody =
  | LinkBody
  | LocationBody
  | ContactsBody
  | ChoicesBody
  | CarouselBody
  | FormBody
  /** A vendor's own kind, or one that is newer than this contract. Show `text`; `data` is unchecked. */
  | { kind: "custom"; type: string; text: string; data: unknown };

/** A page to look at. `url` is http or https. */
export interface LinkBody {
  kind: "link";
  text: string;
  url: string;
}

/** A place, WGS 84 degrees. */
export interface LocationBody {
  kind: "location";
  text: string;
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}

/** People or departments and how to reach them. */
export interface ContactsBody {
  kind: "contacts";
  text: string;
  contacts: ContactCard[];
}

/** One entry of {@link ContactsBody}. */
export interface ContactCard {
  name: string;
  phones: { number: string; type?: string }[];
  emails: { address: string; type?: string }[];
  organization?: string;
}

/** Something to pick instead of typing an answer. */
export interface Choice {
  /** Opaque. Give it back in the answer: `{ kind: "text", text: choice.title, answer: { to: "choice", id: choice.id } }`. */
  id: string;
  title: string;
  description?: string;
  /** The heading it stands under in a list. */
  section?: string;
  /** It opens this page (http or https) instead of answering. */
  url?: string;
}

/** A question with its choices. */
export interface ChoicesBody {
  kind: "choices";
  text: string;
  /** `list` is opened from a button named `menu`; `quick-replies` disappear once the customer has said anything. */
  style: "buttons" | "quick-replies" | "list";
  heading?: string;
  footer?: string;
  menu?: string;
  choices: Choice[];
  /** The choices are to be disabled once one was picked. */
  once: boolean;
}

/** Cards side by side. */
export interface CarouselBody {
  kind: "carousel";
  text: string;
  cards: CarouselCard[];
}

/** One card of {@link CarouselBody}. */
export interface CarouselCard {
  title: string;
  text: string;
  /** http or https. */
  imageUrl?: string;
  imageAlt?: string;
  /** The page that a click on the card opens. */
  url?: string;
  choices: Choice[];
  once: boolean;
}

/** A form to fill in. */
export interface FormBody {
  kind: "form";
  text: string;
  form: Form;
}

/** A form's definition: one in the chat, or the one before it. */
export interface Form {
  id: string;
  title: string;
  description: string;
  sections: FormSection[];
  /** The buttons below it, with the vendor's words; empty: one to submit. */
  actions: FormAction[];
  status: "open" | "answered" | "cancelled";
}

/** A button of a {@link Form}. `reset` empties it and sends nothing. */
export interface FormAction {
  title: string;
  action: "submit" | "cancel" | "reset";
}

/** A part of a {@link Form}. */
export interface FormSection {
  id: string;
  title: string;
  description: string;
  /** What it counts in a score. */
  weight?: number;
  fields: FormField[];
}

/**
 * What a field takes. `single-choice` is one of `options` and `multiple-choice` several; `nps` is 0 to 10, `stars` 1 to 5.
 * Another string is a type that this contract does not know, as the vendor spells it: treat it as `single-choice` where there
 * are options, else as `short-answer`.
 */
export type FormFieldType =
  | "short-answer"
  | "paragraph"
  | "alphanumeric"
  | "alphanumeric-special"
  | "number"
  | "positive-number"
  | "phone"
  | "email"
  | "password"
  | "url"
  | "ip"
  | "date"
  | "time"
  | "date-time"
  | "file"
  | "boolean"
  | "single-choice"
  | "dropdown"
  | "multiple-choice"
  | "nps"
  | "stars"
  | "color"
  | "range"
  // The second half keeps the first half's completions.
  | (string & Record<never, never>);

/** One question of a {@link Form}. */
export interface FormField {
  id: string;
  /** The name under which the answer is filed, such as `first_name`. */
  key: string;
  label: string;
  help: string;
  required: boolean;
  type: FormFieldType;
  /** Empty unless there is something to choose from. */
  options: FormOption[];
  /** What a written answer must match, whole, as a JavaScript regular expression. */
  pattern?: string;
}

/** Something to choose in a field. */
export interface FormOption {
  label: string;
  value: string;
  /** The heading it stands under. */
  category?: string;
  weight?: number;
}

/** The customer's answer to a {@link Form}. */
export interface FormAnswer {
  form: Form;
  outcome: "submitted" | "cancelled";
  /** By the field's id. Several values where several may be chosen. A field that is missing was left empty. */
  values: Record<string, string | string[]>;
}

/** What a text answers. A service that has no word for it gets the text alone. */
export type Answer =
  | { to: "choice"; id: string }
  /** `replyTo` names the message with the form. */
  | ({ to: "form" } & FormAnswer);
