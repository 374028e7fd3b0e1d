export { checkForm, fillForm } from "./pre-chat-form.ts";
export type { FieldProblem, PreChatForm } from "./pre-chat-form.ts";
