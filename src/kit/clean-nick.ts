/** RFC 7622 §3.4: a part of a JID has at most so many bytes. */
const MAX_BYTES = 1_023;

const utf8 = new TextEncoder();

// Spelled out: a property class costs the first join a millisecond to compile.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g;

/** A nick that a room can take: forbidden and control characters out, trimmed, at most 1023 bytes; `""` if nothing is left. */
export function cleanNick(name: string): string {
  let nick = name.replace(FORBIDDEN, "").replace(/\s+/g, " ").trim();
  // No character takes less than a byte: what is longer need not be looked at, however long a name the service gives.
  nick = nick.slice(0, MAX_BYTES);
  // By code points: half a surrogate pair is no XML.
  while (utf8.encode(nick).length > MAX_BYTES) nick = Array.from(nick).slice(0, -1).join("");
  return nick;
}
