import { ChatError } from "../transport/errors.ts";

/** Whether a host name can only be this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    hostname === "::1" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}

/**
 * Parses a URL that credentials will travel to: encrypted, or this machine.
 * @param schemes the encrypted scheme first, then the plain one: `["https:", "http:"]`.
 * @throws ChatError `invalid-config`, naming the option.
 */
export function secureUrl(value: string | URL, schemes: readonly [string, string], option: string): URL {
  let url: URL;
  try {
    url = new URL(value);
  } catch (cause) {
    throw new ChatError("invalid-config", `${option} is not an absolute URL.`, {
      cause,
      remedy: `Set ${option} to an address that starts with ${schemes[0]}//.`,
    });
  }
  const [encrypted, plain] = schemes;
  if (url.protocol === encrypted || (url.protocol === plain && isLoopbackHost(url.hostname))) return url;
  throw new ChatError(
    "invalid-config",
    `${option} must start with ${encrypted}// (${plain}// only for this machine).`,
    {
      remedy: `Serve ${option} over TLS: passwords and chats would travel in the clear.`,
    },
  );
}
