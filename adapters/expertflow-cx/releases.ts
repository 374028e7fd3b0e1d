/** Platform releases of Expertflow CX that a customer client has to tell apart (release merges of the vendor's widget). */
export const CX_RELEASES = [
  "4.5",
  "4.6",
  "4.7",
  "4.8",
  "4.9",
  "4.9.2",
  "4.9.3",
  "4.10",
  "4.10.1",
  "5.0",
  "5.1",
  "5.2",
  "5.3",
  "5.4",
  "5.5",
] as const;

/** One of {@link CX_RELEASES}. */
export type CxRelease = (typeof CX_RELEASES)[number];

/** The newest release that is known. */
export const NEWEST_RELEASE: CxRelease = "5.5";

/** What a release wants on the wire. What it sends is understood in any case, whatever the option says. */
export interface CxDialect {
  /** Messages carry `header.additionalData` (5.1). */
  additionalData: boolean;
  /** Attachments carry `extType` and `mimeType`, and no `thumbnail` (5.0). */
  mediaTypes: boolean;
  /** REST calls carry the token that the server gave (4.9.2). */
  bearer: boolean;
  /** Conversation data by the customer's identifier goes to the web channel manager instead of the conversation manager (4.10.1). */
  dataAtChannelManager: boolean;
}

/** The differences as data: since when. */
const SINCE: Readonly<Record<keyof CxDialect, CxRelease>> = {
  additionalData: "5.1",
  mediaTypes: "5.0",
  bearer: "4.9.2",
  dataAtChannelManager: "4.10.1",
};

/** Whether a release is that one or later. */
export function isSince(release: CxRelease, since: CxRelease): boolean {
  return CX_RELEASES.indexOf(release) >= CX_RELEASES.indexOf(since);
}

/** What that release wants. */
export function dialectOf(release: CxRelease): CxDialect {
  const has = (feature: keyof CxDialect): boolean => isSince(release, SINCE[feature]);
  return {
    additionalData: has("additionalData"),
    mediaTypes: has("mediaTypes"),
    bearer: has("bearer"),
    dataAtChannelManager: has("dataAtChannelManager"),
  };
}
