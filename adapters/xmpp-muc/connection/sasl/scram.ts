import { ChatError } from "../../../../src/transport/errors.ts";
import { saslPrep } from "./sasl-prep.ts";
import type { SaslMechanism } from "./sasl-mechanism.ts";

type Hash = "SHA-1" | "SHA-256" | "SHA-512";

/** A server may ask for any work factor; more than this would freeze a phone for minutes. */
const MAX_ITERATIONS = 10_000_000;

/**
 * SCRAM (RFC 5802; SHA-256: RFC 7677; SHA-512: draft-melnikov-scram-sha-512) on WebCrypto, off the main thread, in
 * browsers and Node alike. No channel binding: browsers do not give it. The server's signature is verified; without it
 * anybody could play the server.
 */
export function scram(
  hash: Hash,
  credentials: { username: string; password: string },
  nonce: string = randomNonce(),
): SaslMechanism {
  const bare = `n=${escapeName(saslPrep(credentials.username))},r=${nonce}`;
  let serverSignature: string | undefined;
  let verified = false;

  function verify(serverFinal: string): void {
    const { v } = parseAttributes(serverFinal);
    verified = serverSignature !== undefined && v === serverSignature;
    if (!verified) throw serverNotProven();
  }

  return {
    name: `SCRAM-${hash}`,
    initial: () => `n,,${bare}`,
    async respond(challenge: string): Promise<string> {
      // A server may send its signature as one more challenge instead of inside <success/> (RFC 6120 §6.3.10).
      if (serverSignature !== undefined) {
        verify(challenge);
        return "";
      }
      const { r: combined, s: salt, i: iterations } = parseAttributes(challenge);
      const rounds = Number(iterations);
      if (!combined?.startsWith(nonce) || combined === nonce || !salt || !Number.isInteger(rounds) || rounds < 1)
        throw badChallenge();
      if (rounds > MAX_ITERATIONS) throw badChallenge(`${rounds} iterations`);
      const withoutProof = `c=biws,r=${combined}`;
      const authMessage = bytes(`${bare},${challenge},${withoutProof}`);
      const salted = await pbkdf2(hash, saslPrep(credentials.password), fromBase64(salt), rounds);
      const clientKey = await hmac(hash, salted, bytes("Client Key"));
      const storedKey = new Uint8Array(await crypto.subtle.digest(hash, clientKey));
      const signature = await hmac(hash, storedKey, authMessage);
      const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
      serverSignature = toBase64(await hmac(hash, await hmac(hash, salted, bytes("Server Key")), authMessage));
      return `${withoutProof},p=${toBase64(proof)}`;
    },
    finish(additional: string): void {
      if (!verified) verify(additional);
    },
  };
}

function parseAttributes(text: string): Record<string, string | undefined> {
  const found: Record<string, string | undefined> = {};
  for (const part of text.split(",")) if (part[1] === "=" && part[0] !== undefined) found[part[0]] = part.slice(2);
  return found;
}

function serverNotProven(): ChatError {
  return new ChatError("unauthorized", "The chat server could not prove that it knows the password.", {
    remedy: "Do not type anything secret: somebody may stand between you and the server.",
    vendor: { name: "xmpp", code: "sasl/bad-server-signature" },
  });
}

function badChallenge(what = "an unusable SCRAM challenge"): ChatError {
  return new ChatError("bad-frame", `The chat server sent ${what}.`, {
    vendor: { name: "xmpp", code: "sasl/bad-challenge" },
  });
}

function escapeName(name: string): string {
  return name.replaceAll("=", "=3D").replaceAll(",", "=2C");
}

function randomNonce(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(18)));
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function pbkdf2(
  hash: Hash,
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", bytes(password), "PBKDF2", false, ["deriveBits"]);
  const lengthBits = { "SHA-1": 160, "SHA-256": 256, "SHA-512": 512 }[hash];
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash, salt, iterations }, key, lengthBits));
}

async function hmac(
  hash: Hash,
  secret: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, data));
}

function toBase64(data: Uint8Array): string {
  return btoa(String.fromCharCode(...data));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    throw badChallenge();
  }
}
