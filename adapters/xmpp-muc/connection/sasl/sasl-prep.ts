import { ChatError } from "../../../../src/transport/errors.ts";

// RFC 4013 §2.1: non-ASCII spaces become spaces, what is commonly mapped to nothing goes.
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
const NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/g;
// §2.3: control, private use, non-character, surrogate, inappropriate for plain text or canonical representation, tagging.
const PROHIBITED =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd\ue000-\uf8ff\ufdd0-\ufdef]|[\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}\u{f0000}-\u{10ffff}]/u;

/**
 * Prepares a user name or password for SCRAM (RFC 4013), so that two spellings of one password are one.
 * @throws ChatError `invalid-argument` for characters that cannot be part of either. The value is not in the message.
 */
export function saslPrep(text: string): string {
  const prepared = text.replace(SPACES, " ").replace(NOTHING, "").normalize("NFKC");
  if (PROHIBITED.test(prepared))
    throw new ChatError("invalid-argument", "The user name or password has a character that XMPP does not allow.");
  return prepared;
}
