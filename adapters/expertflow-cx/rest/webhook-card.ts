import { text } from "../../../src/kit/read.ts";

/** Where the agents work, and what the card shows. */
export interface CxCardOptions {
  agentUrl: string;
  iconUrl: string;
}

/** The card that tells a team's chat room of a new customer (Google Chat, as the vendor's SDK builds it). */
export function webhookCard({ agentUrl, iconUrl }: CxCardOptions, data: Readonly<Record<string, unknown>>): object {
  const lines = Object.entries(data).map(([key, value]) => `${labelOf(key)}: ${text(value) || "N/A"}`);
  const origin = URL.canParse(agentUrl) ? new URL(agentUrl).origin : undefined;
  const link = origin === undefined ? [] : [`${origin}/unified-agent/`];
  return {
    cards: [
      {
        header: {
          title: `${text(data["first_name"]) || "Customer"} started a new chat`,
          imageUrl: origin === undefined ? null : iconUrl,
          imageStyle: "IMAGE",
        },
        sections: [{ widgets: [{ textParagraph: { text: [...lines, ...link].join("\n") } }] }],
      },
    ],
  };
}

/** `first_name` is shown as `First name`. */
function labelOf(key: string): string {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
