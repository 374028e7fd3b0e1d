import type { OpenRequest } from "../../src/transport/transport.ts";
import type { CxIdentity } from "./cx-options.ts";
import type { CxCustomer } from "./wire/envelope.ts";
import { encodeFormData } from "./wire/form.ts";
import { text } from "../../src/kit/read.ts";

/** The customer as `CHAT_REQUESTED` wants one, from what the page knows. */
export function toCustomer(identity: CxIdentity, request: OpenRequest, channelCustomerIdentifier: string): CxCustomer {
  const { serviceIdentifier, channel = "desktop", browserDeviceInfo, queue = "", locale } = identity;
  return {
    serviceIdentifier,
    channelCustomerIdentifier,
    browserDeviceInfo: {
      browserId: null,
      browserIdExpiryTime: null,
      browserName: null,
      deviceType: channel,
      ...browserDeviceInfo,
    },
    queue,
    locale: locale ?? platformLocale(),
    formData: toFormData(request),
  };
}

/** The address of that customer on this channel. */
export function identifierOf({ channelCustomerIdentifier }: CxIdentity, request: OpenRequest): string {
  return typeof channelCustomerIdentifier === "string" ? channelCustomerIdentifier : channelCustomerIdentifier(request);
}

function platformLocale(): Record<string, string | null> {
  const { timeZone, locale } = new Intl.DateTimeFormat().resolvedOptions();
  return { timezone: timeZone, language: locale.split("-")[0] ?? locale, country: null };
}

/** The pre-chat form; without one, what the request says, under the names that the vendor's forms use. */
function toFormData({ customer, handoff, preChat }: OpenRequest): object {
  const facts = { id: Math.random(), createdOn: new Date().toISOString() };
  const said: [string, unknown][] = [
    ["first_name", customer.name],
    ["email", customer.email],
    ["phone", customer.phone],
  ];
  const bot: [string, unknown][] = [
    ["botUserId", handoff?.botUserId],
    ["botSessionId", handoff?.botSessionId],
    ...Object.entries(handoff?.attributes ?? {}),
  ];
  const form = encodeFormData(preChat ?? EMPTY_FORM, facts);
  const attributes = [...(preChat ? [] : said), ...bot].flatMap(([key, value]) =>
    value === undefined ? [] : [{ value: text(value) || JSON.stringify(value), key, type: "string" }],
  );
  return { ...form, attributes: [...form.attributes, ...attributes] };
}

const EMPTY_FORM = {
  form: { id: "", title: "", description: "", sections: [], actions: [], status: "open" as const },
  values: {},
};
