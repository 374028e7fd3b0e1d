import { createServer } from "node:net";
import { ChatError } from "../../src/transport/errors.ts";

// Below the range that Linux hands to outgoing connections (32768 and up): a port found free stays free until its
// server binds it, and two test processes seldom draw the same one.
const FIRST = 20_000;
const LAST = 31_999;

const handedOut = new Set<number>();

/**
 * Finds TCP ports that nobody listens on at the moment, never the same one twice in this process.
 * @param count how many.
 * @param host the loopback address they will be bound to.
 * @throws ChatError `unreachable` when 200 draws found none.
 */
export async function freePorts(count: number, host = "127.0.0.1"): Promise<number[]> {
  const found: number[] = [];
  for (let draws = 0; found.length < count; draws++) {
    if (draws > 200) throw new ChatError("unreachable", `No free TCP port on ${host} between ${FIRST} and ${LAST}.`);
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (handedOut.has(port) || !(await isFree(port, host))) continue;
    handedOut.add(port);
    found.push(port);
  }
  return found;
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
