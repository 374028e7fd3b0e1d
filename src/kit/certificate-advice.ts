/** How OpenSSL and Node call what can be wrong with a certificate. Browsers do not tell a page. */
const CODES =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/;

/**
 * What to do when a connection failed because of the far end's certificate; `undefined` when it was something else, or
 * when the platform keeps it to itself.
 * @param cause what was thrown, with its causes.
 */
export function certificateAdvice(cause: unknown): string | undefined {
  let link = cause;
  for (let depth = 0; depth < 8 && typeof link === "object" && link !== null; depth++) {
    const code: unknown = Reflect.get(link, "code");
    if (typeof code === "string" && CODES.test(code)) {
      return `The server's certificate is not trusted (${code}): check that it is in date, names this host and is signed by an authority that this machine trusts (in Node, NODE_EXTRA_CA_CERTS adds one).`;
    }
    link = Reflect.get(link, "cause");
  }
  return undefined;
}
