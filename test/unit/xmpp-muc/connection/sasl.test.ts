import { afterEach, describe, expect, it, vi } from "vitest";
import { authenticate, chooseMechanism, NS_SASL } from "../../../../adapters/xmpp-muc/connection/sasl/authenticate.ts";
import { saslPrep } from "../../../../adapters/xmpp-muc/connection/sasl/sasl-prep.ts";
import { scram } from "../../../../adapters/xmpp-muc/connection/sasl/scram.ts";
import { xml, type XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";

const user = { username: "user", password: "pencil" };

function features(...names: string[]): XmlElement {
  const mechanisms = names.map((name) => xml("mechanism", {}, name));
  return xml("features", {}, xml("mechanisms", { xmlns: NS_SASL }, ...mechanisms));
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("SCRAM", () => {
  /** @source RFC 5802 §5 */
  it("SHA-1 answers the RFC's example", async () => {
    const mechanism = scram("SHA-1", user, "fyko+d2lbbFgONRv9qkxdawL");
    expect(mechanism.initial()).toBe("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    expect(await mechanism.respond("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")).toBe(
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    );
    expect(() => mechanism.finish("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")).not.toThrow();
  });

  /** @source RFC 7677 §3 */
  it("SHA-256 answers the RFC's example", async () => {
    const mechanism = scram("SHA-256", user, "rOprNGfwEbeRWgbNEkqO");
    const combined = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    expect(await mechanism.respond(`r=${combined},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)).toBe(
      `c=biws,r=${combined},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    );
    expect(() => mechanism.finish("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")).not.toThrow();
  });

  it("refuses a server that does not know the password", async () => {
    const mechanism = scram("SHA-1", user, "fyko+d2lbbFgONRv9qkxdawL");
    await mechanism.respond("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
    expect(() => mechanism.finish("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=")).toThrow(/could not prove/);
    expect(() => mechanism.finish("")).toThrow(/could not prove/);
  });

  it.each([
    ["another nonce", "r=evil,s=QSXCR+Q6sek8bf92,i=4096"],
    ["no own part in the nonce", "r=mine,s=QSXCR+Q6sek8bf92,i=4096"],
    ["no salt", "r=mine2,i=4096"],
    ["no iterations", "r=mine2,s=QSXCR+Q6sek8bf92"],
    ["a work factor that freezes phones", "r=mine2,s=QSXCR+Q6sek8bf92,i=99999999999"],
    ["a salt that is not base64", "r=mine2,s=***,i=4096"],
  ])("refuses a challenge with %s", async (_what, challenge) => {
    await expect(scram("SHA-1", user, "mine").respond(challenge)).rejects.toMatchObject({ code: "bad-frame" });
  });

  it("escapes what separates attributes", () => {
    expect(scram("SHA-1", { username: "a=b,c", password: "x" }, "n").initial()).toBe("n,,n=a=3Db=2Cc,r=n");
  });
});

/** @source RFC 4013 §3 */
describe("SASLprep", () => {
  it.each([
    ["I\u00ADX", "IX"],
    ["user", "user"],
    ["\u00AA", "a"],
    ["\u2168", "IX"],
    ["a\u00A0b", "a b"],
  ])("maps %j to %j", (given, expected) => expect(saslPrep(given)).toBe(expected));

  it("refuses control characters without repeating the value", () => {
    expect(() => saslPrep("secret\u0007")).toThrow(expect.objectContaining({ code: "invalid-argument" }) as Error);
    expect(() => saslPrep("secret\u0007")).not.toThrow(/secret/);
  });
});

describe("the mechanism", () => {
  it("is the strongest that is offered", () => {
    expect(chooseMechanism(features("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-512", "SCRAM-SHA-256"), user, true).name).toBe(
      "SCRAM-SHA-512",
    );
    expect(chooseMechanism(features("SCRAM-SHA-1", "PLAIN", "SCRAM-SHA-256"), user, true).name).toBe("SCRAM-SHA-256");
    expect(chooseMechanism(features("PLAIN", "SCRAM-SHA-1"), user, false).name).toBe("SCRAM-SHA-1");
  });

  it("is PLAIN only on an encrypted or local stream", () => {
    expect(chooseMechanism(features("PLAIN"), user, true).name).toBe("PLAIN");
    expect(() => chooseMechanism(features("PLAIN"), user, false)).toThrow(/not encrypted/);
  });

  it("is never DIGEST-MD5, and the error says what is offered", () => {
    expect(() => chooseMechanism(features("DIGEST-MD5"), user, true)).toThrow(/DIGEST-MD5/);
  });

  it("names the page's missing https when the browser gives no cryptography", () => {
    vi.stubGlobal("crypto", {});
    expect(() => chooseMechanism(features("SCRAM-SHA-1"), user, false)).toThrow(/not loaded over https/);
    expect(chooseMechanism(features("SCRAM-SHA-1", "PLAIN"), user, true).name).toBe("PLAIN");
  });

  it("is ANONYMOUS for guests only", () => {
    expect(chooseMechanism(features("ANONYMOUS", "PLAIN"), { anonymous: true }, true).name).toBe("ANONYMOUS");
    expect(() => chooseMechanism(features("PLAIN"), { anonymous: true }, true)).toThrow(/guests/);
  });
});

describe("the exchange", () => {
  const run = (...answers: XmlElement[]): Promise<void> => {
    const queue = [...answers];
    const next = (): Promise<XmlElement> => Promise.resolve(queue.shift() ?? xml("end"));
    return authenticate({ send: () => Promise.resolve(), next }, chooseMechanism(features("PLAIN"), user, true));
  };

  it("ends with the server's success, whatever else comes before", async () => {
    await expect(
      run(xml("r", { xmlns: "urn:xmpp:sm:3" }), xml("success", { xmlns: NS_SASL })),
    ).resolves.toBeUndefined();
  });

  it("case 26: rejects with the condition, retryable only if it is temporary", async () => {
    const failure = (condition: string): XmlElement =>
      xml("failure", { xmlns: NS_SASL }, xml("text", {}, "x"), xml(condition));
    await expect(run(failure("not-authorized"))).rejects.toMatchObject({
      code: "unauthorized",
      info: { retryable: false, vendor: { code: "xmpp/auth-failed" } },
    });
    await expect(run(failure("temporary-auth-failure"))).rejects.toMatchObject({ info: { retryable: true } });
  });
});
