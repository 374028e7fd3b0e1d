/** Switches that make Prosody's rooms and uploads look like another vendor's (Openfire above all). */
export interface ProsodyDialect {
  /** `off`: no archive queries, no archive ids (Openfire without its archive plugin). */
  mam?: "on" | "off";
}

/** The variables of prosody.cfg.lua for a dialect. */
export function dialectEnvironment(dialect: ProsodyDialect = {}): Record<string, string | undefined> {
  return { XMPP_MAM: dialect.mam === "off" ? "0" : "1" };
}
