import type { Call, UploadCall } from "../../src/transport/call.ts";
import { ChatError } from "../../src/transport/errors.ts";
import type { Attachment, UploadFile } from "../../src/transport/messages.ts";
import type { Form } from "../../src/transport/rich-bodies.ts";
import type { CxRestOptions, CxServices } from "./cx-options.ts";
import { dialectOf, NEWEST_RELEASE, type CxRelease } from "./releases.ts";
import { decodeCalendar, isOpenAt, type CxShift } from "./rest/calendar.ts";
import { under } from "../../src/kit/json-rest.ts";
import { CxRest, needed } from "./rest/cx-rest.ts";
import { downloadFile, uploadToFileEngine } from "./rest/files.ts";
import { webhookCard, type CxCardOptions } from "./rest/webhook-card.ts";
import { decodeWidgetConfig, type CxWidgetConfig } from "./rest/widget-config.ts";
import { decodeForm } from "./wire/form.ts";
import { list, record, text } from "../../src/kit/read.ts";

/** Options of {@link expertflowServices}: the addresses of those services that are used. */
export type ExpertflowServicesOptions = Partial<CxServices> & CxRestOptions & { release?: CxRelease };

/** Conversation data is addressed by the conversation, or by the customer's identifier. */
export type CxDataKey = { conversationId: string } | { channelCustomerIdentifier: string };

/** What a verified secure link leads to. */
export interface CxSecureLink {
  agentExtension: string;
  customerId: string;
  agentName: string;
}

/**
 * The REST side of the platform. Every call settles once, checks the status, and rejects with a `ChatError`: by status
 * (`info.vendor.code` is `rest/<status>`), `bad-frame`, `unreachable`, `timed-out`, `aborted`, `invalid-config` for an
 * address that is not set.
 */
export interface ExpertflowServices {
  /** `GET {ccmUrl}/widget-configs/{widgetIdentifier}`; the identifier is case-sensitive. */
  widgetConfig(widgetIdentifier: string, call?: Call): Promise<CxWidgetConfig>;
  /** `GET {formUrl}/forms/{formId}`, each field with its pattern from `GET {formUrl}/formValidation`. */
  form(formId: string, call?: Call): Promise<Form>;
  /** As {@link uploadToFileEngine}. */
  upload(file: UploadFile, call?: UploadCall): Promise<Attachment>;
  /** Reads a file of the file engine. */
  download(url: URL, call?: Call): Promise<Blob>;
  /** Reads conversation data; empty when there is none. */
  conversationData(key: CxDataKey, call?: Call): Promise<Readonly<Record<string, unknown>>>;
  /** Adds to conversation data. Values other than strings need a later release. */
  setConversationData(key: CxDataKey, data: Readonly<Record<string, unknown>>, call?: Call): Promise<void>;
  /** The calendar of a channel; `undefined` when it has none. */
  calendarId(serviceIdentifier: string, call?: Call): Promise<string | undefined>;
  /** Opening hours and holidays between two moments. */
  businessHours(calendarId: string, from: Date, to: Date, call?: Call): Promise<CxShift[]>;
  /** Whether that channel is open now; `undefined` when no calendar says. */
  isOpenNow(serviceIdentifier: string, call?: Call): Promise<boolean | undefined>;
  /** Asks to be called back. Resolves with the state's name that the campaign gave it. @param url from the widget's configuration. */
  requestCallback(url: string, request: Readonly<Record<string, unknown>>, call?: Call): Promise<string>;
  /** Verifies the key of a secure link. @throws ChatError `refused` for a key that has expired or is wrong. */
  verifySecureLink(encryptedKey: string, call?: Call): Promise<CxSecureLink>;
  /** Tells a team's chat room of a new customer. @param url from the widget's configuration: a secret. */
  notifyWebhook(
    url: string,
    options: CxCardOptions,
    data: Readonly<Record<string, unknown>>,
    call?: Call,
  ): Promise<void>;
  /** Files a CIM message as an activity (`POST {activityUrl}`, 4.10). Resolves with whatever is answered. */
  pushActivity(message: Readonly<Record<string, unknown>>, call?: Call): Promise<string>;
}

const DAY_MS = 86_400_000;

/**
 * Makes it.
 * @param rest the chat's own, `expertflowCx(…).rest`: then calls carry the token that its server gave. Default: none.
 */
export function expertflowServices(
  options: ExpertflowServicesOptions,
  rest: CxRest = new CxRest(options),
): ExpertflowServices {
  const { ccmUrl, formUrl, fileServerUrl, conversationUrl, socketUrl, calendarUrl } = options;
  const { dataAtChannelManager } = dialectOf(options.release ?? NEWEST_RELEASE);

  async function validations(call?: Call): Promise<ReadonlyMap<string, string>> {
    const answer = await rest.json("GET", under(needed(formUrl, "formUrl"), "formValidation"), undefined, call);
    return new Map(list(answer).map((each) => [text(record(each)["type"]), text(record(each)["regex"])]));
  }

  function dataUrl(key: CxDataKey, verb: "read" | "write"): string {
    if ("conversationId" in key)
      return under(needed(conversationUrl, "conversationUrl"), key.conversationId, "conversation-data");
    const base = dataAtChannelManager ? needed(socketUrl, "socketUrl") : needed(conversationUrl, "conversationUrl");
    const { channelCustomerIdentifier: id } = key;
    return verb === "read" ? under(base, "get", id) : under(base, id, "conversation-data-by-identifier");
  }

  async function businessHours(calendarId: string, from: Date, to: Date, call?: Call): Promise<CxShift[]> {
    const query = new URLSearchParams({ calendarId, startTime: from.toISOString(), endTime: to.toISOString() });
    const url = `${under(needed(calendarUrl, "calendarUrl"), "calendars", "events")}?${query.toString()}`;
    return decodeCalendar(await rest.json("GET", url, undefined, call));
  }

  async function calendarId(serviceIdentifier: string, call?: Call): Promise<string | undefined> {
    const url = under(needed(ccmUrl, "ccmUrl"), "channels", "service-identifier", serviceIdentifier);
    return text(record(await rest.json("GET", url, undefined, call))["calendarId"]) || undefined;
  }

  return {
    async widgetConfig(widgetIdentifier, call) {
      const url = under(needed(ccmUrl, "ccmUrl"), "widget-configs", widgetIdentifier);
      return decodeWidgetConfig(await rest.json("GET", url, undefined, call));
    },
    async form(formId, call) {
      const url = under(needed(formUrl, "formUrl"), "forms", formId);
      const [form, patterns] = await Promise.all([rest.json("GET", url, undefined, call), validations(call)]);
      return decodeForm(form, patterns);
    },
    async upload(file, call) {
      return uploadToFileEngine(rest, needed(fileServerUrl, "fileServerUrl"), file, call);
    },
    download: (url, call) => downloadFile(rest, url, call),
    async conversationData(key, call) {
      try {
        return record(await rest.json("GET", dataUrl(key, "read"), undefined, call));
      } catch (error) {
        if (ChatError.isInstance(error) && error.code === "not-found") return {};
        throw error;
      }
    },
    async setConversationData(key, data, call) {
      await rest.text("POST", dataUrl(key, "write"), data, call);
    },
    calendarId,
    businessHours,
    async isOpenNow(serviceIdentifier, call) {
      const calendar = await calendarId(serviceIdentifier, call);
      if (calendar === undefined) return undefined;
      const now = Date.now();
      const shifts = await businessHours(calendar, new Date(now - DAY_MS), new Date(now + DAY_MS), call);
      return isOpenAt(shifts, new Date(now));
    },
    async requestCallback(url, request, call) {
      return text(record(record(await rest.json("POST", url, request, call))["status"])["name"]);
    },
    async verifySecureLink(encryptedKey, call) {
      const url = under(needed(options.authenticatorUrl, "authenticatorUrl"), "verifySecureLink");
      return toSecureLink(await rest.json("POST", url, { roomId: encryptedKey }, call).catch(asRefusedLink));
    },
    async notifyWebhook(url, card, data, call) {
      await new CxRest(options).text("POST", url, webhookCard(card, data), call);
    },
    async pushActivity(message, call) {
      return rest.text("POST", needed(options.activityUrl, "activityUrl"), message, call);
    },
  };
}

/** A 200 may still say no, in its body. */
function toSecureLink(answer: unknown): CxSecureLink {
  const link = record(answer);
  const [agentExtension, customerId] = [text(link["agentExtension"]), text(link["customerId"])];
  if (agentExtension !== "" && customerId !== "")
    return { agentExtension, customerId, agentName: text(link["agentName"]) };
  return refuseLink(text(link["reasonCode"]));
}

function asRefusedLink(error: unknown): never {
  if (ChatError.isInstance(error) && error.code === "invalid-argument") return refuseLink("400");
  throw error;
}

function refuseLink(reasonCode: string): never {
  throw new ChatError("refused", "The secure link is not valid any more.", {
    remedy: "Ask the agent for a new link.",
    vendor: { name: "expertflow-cx", code: `secure-link/${reasonCode}` },
  });
}
