import type { FeedbackVariant } from "./shim-state.ts";

/** Status and body of the CMS's answer to the feedback configuration call. */
export interface CmsAnswer {
  status: 200 | 404 | 500;
  /** Text is sent as it is, everything else as JSON. */
  body: string | Record<string, unknown>;
}

/** Answers like the CMS. Key names are the published ones; the values of policy, type and items are made up. */
export function feedbackConfiguration(
  variant: FeedbackVariant,
  channelIdentifier: string,
  surveyUrl: string,
): CmsAnswer {
  const inner = {
    channelIdentifier,
    appId: "app-1",
    clientType: "webchat",
    isFeedbackEnabled: variant !== "disabled",
    openInNewTab: variant === "new-tab",
    feedbackUrl: variant === "url" || variant === "new-tab" ? surveyUrl : null,
    chatFeedbackPolicy: "ALWAYS",
    feedbackQuestions: JSON.stringify(["How did we do?"]),
    chatFeedbackSchemes: [
      {
        chatFeedBackSchemeId: 3,
        name: "stars",
        chatFeedbackSchemeType: "RATING",
        feedbackText: "How did we do?",
        feedbackItems: JSON.stringify(["1", "2", "3", "4", "5"]),
        maxPayloadValue: 5,
        isMandatory: true,
        mandatory: true,
      },
    ],
  };
  const envelope = { http_code: 200, method: "GET", request_id: "b2c1f0de", metadata: null };
  const enveloped: CmsAnswer = { status: 200, body: { ...envelope, response: inner } };
  const answers: Record<FeedbackVariant, CmsAnswer> = {
    schemes: enveloped,
    url: enveloped,
    "new-tab": enveloped,
    disabled: enveloped,
    bare: { status: 200, body: inner },
    null: { status: 200, body: { ...envelope, response: null } },
    malformed: { status: 200, body: "<html>not what was asked for</html>" },
    "not-found": cmsError(404, "NOT_FOUND", "No feedback scheme is configured for this channel."),
    error: cmsError(500, "INTERNAL_SERVER_ERROR", "The configuration could not be read."),
  };
  return answers[variant];
}

/** The CMS's error body. */
export function cmsError(status: 404 | 500, errorCode: string, errorMessage: string): CmsAnswer {
  return { status, body: { statusCode: status, status: "FAILURE", errorCode, errorMessage } };
}
