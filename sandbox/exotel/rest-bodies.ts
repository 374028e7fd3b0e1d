import * as v from "valibot";

const scalar = v.union([v.string(), v.number(), v.null()]);

const propertySchema = v.strictObject({ key: v.string(), value: v.union([v.string(), v.number()]) });

/** Body of the provisioning call; `strictObject` is the vendor's strict JSON mapping. */
export const provisionSchema = v.strictObject({
  requestId: v.pipe(v.string(), v.minLength(1)),
  userEntity: v.strictObject({
    name: v.pipe(v.string(), v.minLength(1)),
    username: v.optional(v.string()),
    email: v.optional(v.string()),
    properties: v.array(propertySchema),
  }),
  serviceName: v.optional(v.string()),
  servicename: v.optional(v.string()),
  campaignId: v.number(),
  sendInvitations: v.boolean(),
  botTransferred: v.boolean(),
  additionalInfo: v.record(v.string(), v.unknown()),
  botSessionInfo: v.strictObject({ userId: scalar, botSessionId: scalar }),
});

/** The same, letting unknown keys pass. */
export const laxProvisionSchema = v.object({
  requestId: v.pipe(v.string(), v.minLength(1)),
  userEntity: v.object({ name: v.pipe(v.string(), v.minLength(1)) }),
});

/** Body of a rating. */
export const feedbackSchema = v.strictObject({
  campaign_id: v.union([v.number(), v.string()]),
  interaction_id: v.union([v.string(), v.number()]),
  chat_id: v.union([v.string(), v.number()]),
  feedback: v.unknown(),
});

/** The error body of the stock Openfire REST plugin. */
export function openfireError(resource: string, message: string, exception: string): Record<string, unknown> {
  return { resource, message, exception, exceptionStack: null };
}

/** What the mapping would say of the first thing that is wrong. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
  if (issue.type === "strict_object" && issue.expected === "never") return `Unrecognized field "${path}"`;
  return `${path || "body"}: ${issue.message}`;
}
