import { describe, expect, it } from "vitest";
import { certificateAdvice } from "../../../src/kit/certificate-advice.ts";

const coded = (code: string): Error => Object.assign(new Error("x"), { code });

describe("advice on a certificate", () => {
  it.each([
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ])("names %s, however deep", (code) => {
    expect(certificateAdvice(coded(code))).toContain(code);
    const wrapped = new TypeError("fetch failed", { cause: new Error("y", { cause: coded(code) }) });
    expect(certificateAdvice(wrapped)).toMatch(/certificate is not trusted .*NODE_EXTRA_CA_CERTS/);
  });

  it("says nothing of other failures, and ends on a chain that does not", () => {
    for (const other of [undefined, null, "x", coded("ECONNREFUSED"), Object.assign(new Error("x"), { code: 7 })])
      expect(certificateAdvice(other)).toBeUndefined();
    const endless = new Error("x");
    endless.cause = endless;
    expect(certificateAdvice(endless)).toBeUndefined();
  });
});
