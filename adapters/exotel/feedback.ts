import type { Call } from "../../src/transport/call.ts";
import { ChatError } from "../../src/transport/errors.ts";
import { resolveWire, type ExotelOptions } from "./exotel-options.ts";
import { isRecord, pick } from "./names.ts";
import { trimSlash } from "./provision.ts";
import { ExotelRest } from "./rest.ts";

/** The CMS's answer, unwrapped and with its keys in the published spelling (CMS v6.7.0). */
export interface ExotelFeedbackConfig {
  isFeedbackEnabled: boolean;
  openInNewTab: boolean;
  feedbackUrl: string | null;
  channelIdentifier?: string;
  appId?: string;
  clientType?: string;
  chatFeedbackPolicy?: string;
  feedbackQuestions?: string;
  chatFeedbackSchemes?: ExotelFeedbackScheme[];
}

/** One question of the rating. The odd capital in `chatFeedBackSchemeId` is the vendor's. */
export interface ExotelFeedbackScheme {
  chatFeedBackSchemeId: number;
  name: string;
  chatFeedbackSchemeType: string;
  feedbackText: string;
  feedbackItems?: string;
  maxPayloadValue?: number;
  isMandatory?: boolean;
  mandatory?: boolean;
}

/**
 * Reads the rating configuration of the campaign (`GET …/chat-feedback-schemes-configurations/{channel}`). Resolves with
 * `null` when the tenant has none (404 for every spelling of the channel).
 * @throws ChatError by status; `bad-frame` when the answer is no configuration.
 */
export async function fetchFeedbackConfig(options: ExotelOptions, call?: Call): Promise<ExotelFeedbackConfig | null> {
  const { contactCenterId, processId, campaignId, nodeflowId } = options;
  const base = `${trimSlash(options.cmsServiceUrl)}/configuration/cc-list/${contactCenterId}/process-list/${processId}/campaigns/${campaignId}/chat-feedback-schemes-configurations/`;
  const rest = new ExotelRest(options);
  for (const channel of resolveWire(options.wire).feedbackChannelIdentifier({ campaignId, nodeflowId })) {
    try {
      return readConfig(await rest.json("GET", base + encodeURIComponent(channel), undefined, call));
    } catch (error) {
      if (!ChatError.isInstance(error) || error.code !== "not-found") throw error;
    }
  }
  return null;
}

function readConfig(answer: unknown): ExotelFeedbackConfig {
  // The CMS wraps its answers in an envelope; the vendor's chat document shows only what is inside.
  const config = isRecord(pick(answer, "response")) ? pick(answer, "response") : answer;
  if (!isRecord(config)) {
    throw new ChatError("bad-frame", "The feedback configuration is not an object.", {
      vendor: { name: "exotel", code: "rest/bad-answer" },
    });
  }
  const url = pick(config, "feedbackUrl");
  const schemes = pick(config, "chatFeedbackSchemes");
  return {
    isFeedbackEnabled: pick(config, "isFeedbackEnabled") === true,
    openInNewTab: pick(config, "openInNewTab") === true,
    feedbackUrl: typeof url === "string" && url !== "" ? url : null,
    ...texts(config, ["channelIdentifier", "appId", "clientType", "chatFeedbackPolicy", "feedbackQuestions"]),
    ...(Array.isArray(schemes) ? { chatFeedbackSchemes: schemes.flatMap(readScheme) } : {}),
  };
}

function texts(record: unknown, names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = pick(record, name);
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

function readScheme(scheme: unknown): ExotelFeedbackScheme[] {
  if (!isRecord(scheme)) return [];
  const id = Number(pick(scheme, "chatFeedBackSchemeId"));
  const max = Number(pick(scheme, "maxPayloadValue") ?? Number.NaN);
  const {
    name = "",
    chatFeedbackSchemeType = "",
    feedbackText = "",
    feedbackItems,
  } = texts(scheme, ["name", "chatFeedbackSchemeType", "feedbackText", "feedbackItems"]);
  const mandatory = pick(scheme, "isMandatory") === true || pick(scheme, "mandatory") === true;
  return [
    {
      chatFeedBackSchemeId: Number.isFinite(id) ? id : 0,
      name,
      chatFeedbackSchemeType,
      feedbackText,
      ...(feedbackItems === undefined ? {} : { feedbackItems }),
      ...(Number.isFinite(max) && max > 0 ? { maxPayloadValue: max } : {}),
      isMandatory: mandatory,
      mandatory,
    },
  ];
}

/**
 * Stores a rating (`POST …/xtrm/chat-feedback`) and resolves with the service's answer as it came: check `ok`.
 * @throws ChatError `unreachable`, `timed-out`, `aborted`.
 */
export function postFeedback(
  options: ExotelOptions,
  rating: { interactionId: string; chatId: string; feedback: unknown },
  call?: Call,
): Promise<Response> {
  const url = `${trimSlash(options.chatServiceUrl)}/plugins/restapi/v1/xtrm/${resolveWire(options.wire).feedbackPath}`;
  const body = {
    campaign_id: options.campaignId,
    interaction_id: rating.interactionId,
    chat_id: rating.chatId,
    feedback: rating.feedback,
  };
  return new ExotelRest(options).fetch("POST", url, body, call);
}
