/**
 * Switches that make Prosody's rooms, BOSH and uploads look like another vendor's, each on the wire itself. What is
 * left out stays as Prosody does it. Names follow the Openfire sources they imitate.
 */
export interface ProsodyDialect {
  /** `from` of the delays in join history: the room (Prosody, XEP-0045), the occupant, or the sender's real JID. */
  historyDelayFrom?: "room" | "occupant" | "real";
  /** `off`: no XEP-0421 occupant ids (Openfire before 5.0.0). */
  occupantId?: "on" | "off";
  /** `off`: no ids of the room (XEP-0359) on messages; `on`: ids even without an archive. */
  stanzaId?: "on" | "off";
  /** `off`: `muc#stable_id` is not announced. */
  stableId?: "on" | "off";
  /** `off`: no room archive (XEP-0313), and no archive ids with it. */
  mam?: "on" | "off";
  /** `off`: upload slots carry no headers, and the PUT needs none. */
  uploadHeaders?: "on" | "off";
  /** Answer to a PUT instead of 201; with 400 and above nothing is stored. */
  putStatus?: number;
  /** Seconds of pause a BOSH session announces and honours; left out, Prosody knows no pause. */
  boshMaxPauseSeconds?: number;
  /** The room drops children it does not know (XEP-0045 §18.1.1): vendor payloads, OOB, corrections, reactions. */
  stripExtensions?: boolean;
  /** `off`: only messages with a body are kept in history and archive, whatever hint they carry. */
  bodylessHistory?: "on" | "off";
}

/** The variables of prosody.cfg.lua for a dialect. */
export function dialectEnvironment(dialect: ProsodyDialect = {}): Record<string, string | undefined> {
  const text = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value));
  return {
    XMPP_MAM: dialect.mam === "off" ? "0" : "1",
    XMPP_OCCUPANT_ID: dialect.occupantId === "off" ? "0" : "1",
    XMPP_HISTORY_DELAY_FROM: dialect.historyDelayFrom,
    XMPP_STANZA_ID: dialect.stanzaId,
    XMPP_STABLE_ID: dialect.stableId,
    XMPP_STRIP_EXTENSIONS: dialect.stripExtensions === true ? "1" : "0",
    XMPP_BODYLESS_HISTORY: dialect.bodylessHistory,
    XMPP_UPLOAD_HEADERS: dialect.uploadHeaders,
    XMPP_PUT_STATUS: text(dialect.putStatus),
    XMPP_BOSH_MAXPAUSE: text(dialect.boshMaxPauseSeconds),
  };
}
