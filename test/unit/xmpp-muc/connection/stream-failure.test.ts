import { describe, expect, it } from "vitest";
import { BoshError } from "../../../../adapters/xmpp-muc/connection/bosh/bosh-error.ts";
import { StreamFailure, streamError } from "../../../../adapters/xmpp-muc/connection/stream-failure.ts";
import { parseXml } from "../../../../adapters/xmpp-muc/xml.ts";

function failure(condition: string): StreamFailure {
  return new StreamFailure(
    parseXml(
      `<stream:error xmlns:stream='http://etherx.jabber.org/streams'><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>x</text>` +
        `<${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
    ),
  );
}

/** The same word differs by layer: on a BOSH terminate body item-not-found means that the session is gone. */
describe("what ended a stream", () => {
  it.each([
    ["conflict", "conflict", false],
    ["not-authorized", "unauthorized", false],
    ["policy-violation", "refused", true],
    ["host-unknown", "invalid-config", false],
    ["see-other-host", "refused", false],
    ["system-shutdown", "unreachable", true],
    ["reset", "unreachable", true],
    ["something-new", "unreachable", true],
  ])("stream error %s is %s, retryable %s", (condition, code, retryable) => {
    expect(streamError(failure(condition))).toMatchObject({
      code,
      info: { retryable, vendor: { name: "xmpp", code: `xmpp/${condition}` } },
    });
  });

  it.each([
    ["item-not-found", "unreachable", true],
    ["remote-connection-failed", "unreachable", true],
    ["internal-server-error", "unreachable", true],
    ["policy-violation", "refused", true],
    ["bad-request", "bad-frame", true],
    ["answer-too-long", "too-large", true],
    ["improper-addressing", "invalid-config", false],
    ["host-gone", "invalid-config", false],
  ])("BOSH condition %s is %s, retryable %s", (condition, code, retryable) => {
    expect(streamError(new BoshError(condition, "x"))).toMatchObject({
      code,
      info: { retryable, vendor: { code: `bosh/${condition}` } },
    });
  });

  it.each([
    [401, "unauthorized"],
    [403, "refused"],
    [404, "not-found"],
    [500, "unreachable"],
    [undefined, "unreachable"],
  ])("a session request answered with HTTP %s is %s", (status, code) => {
    expect(streamError(new BoshError("no-session", "x", status === undefined ? {} : { status })).code).toBe(code);
  });

  it("HTTP 404 inside a session is a lost session, which is worth a new one", () => {
    expect(streamError(new BoshError("item-not-found", "x", { status: 404 }))).toMatchObject({
      code: "unreachable",
      info: { retryable: true },
    });
  });

  it("anything else is a lost link, with advice", () => {
    expect(streamError(new Error("socket hang up"))).toMatchObject({ code: "unreachable" });
    expect(streamError(undefined).info.remedy).toContain("network");
    expect(streamError(Object.assign(new Error("x"), { name: "TimeoutError" })).code).toBe("timed-out");
  });
});
