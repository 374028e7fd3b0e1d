import { isFields } from "./read.ts";

/** Writes a payload with the guide's misprints: the ones that readers are to forgive. */
export function withSlips(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSlips);
  if (!isFields(value)) return value;
  const isCustomer = "displayName" in value && "conversationId" in value;
  const isConversation = "participants" in value && "activityType" in value;
  const isPerson = "displayName" in value && "role" in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, content]) => {
      if (key === "type" && content === "ActivityMessage") return [key, "activityMessage"];
      if (key === "type" && content === "Supervisor") return [key, "Agent"];
      if (isConversation && key === "id") return ["Id", content];
      if (isPerson && key === "role") return ["Role", content];
      if (isCustomer && ["email", "phone", "channel"].includes(key)) return [capitalise(key), content];
      return [key, withSlips(content)];
    }),
  );
}

/** The same for the answer of the init call, whose prose says `Participant` and `Timestamp`. */
export function initWithSlips(answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { participant, timestamp, ...others } = answer;
  return { ...others, Participant: participant, Timestamp: timestamp };
}

function capitalise(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}
