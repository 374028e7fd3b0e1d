/**
 * Which Engine.IO a server speaks: a polling handshake of 3 begins with a length (`97:0{…`), one of 4 with the packet (`0{…`).
 * Asked only after a connection failed; `undefined` for whatever is something else.
 */
export async function serverGeneration(
  url: string,
  signal: AbortSignal,
  send: typeof fetch = fetch,
): Promise<3 | 4 | undefined> {
  try {
    const address = new URL("/socket.io/?EIO=4&transport=polling", url);
    const response = await send(address.href, { signal, credentials: "omit", redirect: "error" });
    const start = (await response.text()).slice(0, 20);
    if (/^\d+:0\{/.test(start)) return 3;
    return start.startsWith("0{") ? 4 : undefined;
  } catch {
    return undefined;
  }
}
