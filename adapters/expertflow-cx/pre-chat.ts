import type { PreChatForm } from "../../src/pre-chat/pre-chat-form.ts";
import type { ExpertflowServices } from "./services.ts";

/** The form that the widget's configuration names; `null` where it names none. */
export function expertflowPreChat(
  services: Pick<ExpertflowServices, "widgetConfig" | "form">,
  widgetIdentifier: string,
): PreChatForm {
  return {
    async form(call) {
      const { form } = await services.widgetConfig(widgetIdentifier, call);
      return form === "" ? null : services.form(form, call);
    },
  };
}
