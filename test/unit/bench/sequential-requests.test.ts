import { describe, expect, it } from "vitest";
import { sequentialRequests } from "../../../bench/sequential-requests.ts";

/** From the page's times, as a person reads them, to the proxy's: 50 ms each way. */
const request = ([sent, got]: [sent: number, got?: number]): { startedAt: number; answeredAt?: number } =>
  got === undefined ? { startedAt: sent + 50 } : { startedAt: sent + 50, answeredAt: got - 50 };
const log = (...requests: [sent: number, got?: number][]): ReturnType<typeof request>[] => requests.map(request);

describe("requests in sequence", () => {
  it("counts each request that waited for the answer before it", () => {
    const plain = log([-500, -386], [-369, -264], [-245, -142], [-128, -14], [8, 113]);
    expect(sequentialRequests(plain, 0)).toBe(4);
  });

  it("counts the request behind an answer that came in the response to an earlier one", () => {
    // Recorded: session, poll, auth, restart, bind and join. The held poll shifts each answer to the response before.
    const shifted = log([-541, -425], [-390, -261], [-380, -139], [-242, -11], [-120, 140], [10]);
    expect(sequentialRequests(shifted, 0)).toBe(4);
    // Recorded with SCRAM: session, auth, poll, response, restart, bind and join.
    const scram = log([-751, -649], [-602, -396], [-388, -270], [-372, -148], [-254, -14], [-138, 136], [25, 298]);
    expect(sequentialRequests(scram, 0)).toBe(5);
  });

  it("counts requests that were open together once", () => {
    const together = log([-772, -593], [-490, -386], [-374, -273], [-249, -148], [-126, -20], [-116, -14]);
    expect(sequentialRequests(together, 0)).toBe(5);
  });

  it("leaves out what was sent too late to matter", () => {
    expect(sequentialRequests(log([-210, -110], [-105, -1], [-60, 45], [2, 110]), 0)).toBe(2);
  });
});
