import { describe, expect, it } from "vitest";
import { canTransition, NO_CAPABILITIES, TRANSITIONS, type TransportStatus } from "../../../src/transport/index.ts";

const STATUSES = Object.keys(TRANSITIONS) as TransportStatus[];

describe("the table of states", () => {
  it("allows these steps and no others", () => {
    const steps = STATUSES.flatMap((from) =>
      STATUSES.filter((to) => canTransition(from, to)).map((to) => `${from} → ${to}`),
    );
    expect(steps).toEqual([
      "idle → connecting",
      "idle → closed",
      "connecting → connecting",
      "connecting → connected",
      "connecting → closed",
      "connected → reconnecting",
      "connected → closed",
      "reconnecting → connected",
      "reconnecting → reconnecting",
      "reconnecting → closed",
    ]);
  });

  it("can close from everywhere, and closed is final", () => {
    for (const from of STATUSES) expect(canTransition(from, "closed")).toBe(from !== "closed");
    expect(TRANSITIONS.closed).toEqual([]);
  });
});

describe("NO_CAPABILITIES", () => {
  it("is all off and cannot be changed", () => {
    expect(Object.values(NO_CAPABILITIES).every((value) => !value)).toBe(true);
    expect(Object.isFrozen(NO_CAPABILITIES)).toBe(true);
  });
});
