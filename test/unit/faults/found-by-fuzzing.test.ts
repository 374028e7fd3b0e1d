import { describe, expect, it } from "vitest";
import type { ExotelOptions } from "../../../adapters/exotel/exotel-options.ts";
import { readProvision } from "../../../adapters/exotel/provision.ts";
import { BoshError } from "../../../adapters/xmpp-muc/connection/bosh/bosh-error.ts";
import { StreamFailure, streamError } from "../../../adapters/xmpp-muc/connection/stream-failure.ts";
import { cleanNick } from "../../../src/kit/clean-nick.ts";
import { roleByEvidence } from "../../../adapters/xmpp-muc/muc/evidence.ts";
import { mapJoinError } from "../../../adapters/xmpp-muc/muc/join-errors.ts";
import { parseXml } from "../../../adapters/xmpp-muc/xml.ts";
import { fixtureTexts } from "./fuzz/corpus.ts";

const NS_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

describe("what fuzzing found", () => {
  it.each(["constructor", "toString", "__proto__", "hasOwnProperty"])(
    "a condition called %s is an unknown condition, not an entry of every table",
    (name) => {
      const stream = parseXml(`<error xmlns='http://etherx.jabber.org/streams'><${name}/></error>`);
      expect(streamError(new StreamFailure(stream)).code).toBe("unreachable");
      expect(streamError(new BoshError(name, "The session was ended.")).code).toBe("unreachable");
      const presence = parseXml(
        `<presence type='error'><error type='cancel'><${name} xmlns='${NS_STANZAS}'/></error></presence>`,
      );
      expect(mapJoinError(presence)).toMatchObject({ remedy: "fail", error: { code: "refused" } });
    },
  );

  it("a hat called constructor means nothing", () => {
    const evidence = {
      realJid: undefined,
      affiliation: undefined,
      role: undefined,
      hats: ["constructor"],
      nick: "Asha",
    };
    expect(typeof roleByEvidence(evidence as never, { hats: { "urn:x:agent": "agent" } })).not.toBe("function");
  });

  it("a name of a million characters is cut without looking at each", () => {
    const name = "ñ".repeat(1_000_000);
    expect(cleanNick(name)).toBe("ñ".repeat(511));
    const [answer = ""] = fixtureTexts(/provision-response\.json$/);
    const parsed = JSON.parse(answer) as { userEntity: { name: string } };
    parsed.userEntity.name = name;
    const options = { campaignId: 1, contactCenterId: 7, nodeflowId: 5, processId: 4 } as unknown as ExotelOptions;
    expect(readProvision(options, { customer: { name: "Ravi" } }, parsed).nick).toBe("ñ".repeat(511));
  });
});
