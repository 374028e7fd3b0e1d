import { describe, expect, it, vi } from "vitest";
import { createExoChat } from "../../../src/exochat/index.ts";
import { parseConfig } from "../../../src/exochat/config.ts";
import { EventBus } from "../../../src/exochat/event-bus.ts";
import { normalForm } from "../../../src/exochat/names.ts";
import { CONFIG } from "./fake-backend.ts";

/** Canonical names and aliases, written out a second time on purpose: the table of the vendor's names is the product. */
const METHODS: [canonical: string, ...aliases: string[]][] = [
  ["initialize", "init"],
  ["startChat", "startchat"],
  ["logout"],
  ["getUserStatus", "getuserstatus"],
  ["createRoom", "createroom"],
  ["joinRoom", "joinroom"],
  ["leaveRoom", "leaveroom"],
  ["sendMessage", "sendmessage"],
  ["receiveMessage", "receivemessage"],
  ["fetchArchivedMessages", "fetcharchivedmessages"],
  ["sendTypingStatus", "sendtypingstatus"],
  ["sendPausedStatus", "sendpausedstatus"],
  ["sendDisplayedReceipt", "senddisplayedreceipt"],
  ["sendReceiveReceipt", "sendreceivereceipt"],
  ["showConverseChat", "showconversechat"],
  ["hideConverseChat", "hideconversechat"],
  ["disconnectConverse", "disconnectconverse"],
  ["uploadFileToConverse", "uploadfiletoconverse"],
  ["requestSlotFromConverse", "requestslotfromconverse"],
  ["uploadFile", "uploadfile"],
  ["discoverFileUploadJID", "discoverFileUploadJid", "discoverfileuploadjid"],
  ["requestUploadServiceInfo", "requestuploadserviceinfo"],
  ["isImageURL", "isImageUrl", "isimageurl"],
  ["isAudioURL", "isAudioUrl", "isaudiourl"],
  ["isVideoURL", "isVideoUrl", "isvideourl"],
  ["isDocumentPdf", "isDocumentPDF", "isdocumentpdf"],
  ["getFileName", "getFilename", "getfilename"],
  ["getFeedbackConfig", "getfeedbackconfig"],
  ["submitFeedbackResponse", "submitfeedbackresponse"],
  ["on"],
  ["triggerEvent", "triggerevent"],
];

describe("the 31 methods", () => {
  const exoChat = createExoChat();

  it("are 31, with distinct normal forms", () => {
    expect(METHODS).toHaveLength(31);
    expect(new Set(METHODS.map(([name]) => normalForm(name))).size).toBe(31);
  });

  it.each(METHODS)("%s is there under its aliases, as the same function", (name, ...aliases) => {
    const method: unknown = Reflect.get(exoChat, name);
    expect(method).toBeTypeOf("function");
    for (const alias of aliases) expect(Reflect.get(exoChat, alias)).toBe(method);
  });

  it("are what one sees: aliases are not enumerable, and nothing answers to other names", () => {
    const ours = ["off", "once", "exportTranscriptAllowed", "exportTranscript", "dispose"];
    expect(Object.keys(exoChat).toSorted()).toEqual([...METHODS.map(([name]) => name), ...ours].toSorted());
    expect(Reflect.get(exoChat, "then")).toBeUndefined();
    expect(Reflect.get(exoChat, "toJSON")).toBeUndefined();
  });
});

const VALUES: Record<string, unknown> = {
  ...CONFIG,
  locale: "hi",
  accountId: "acc-1",
  theme_color: "#c0ffee",
  show_controlbox_by_default: false,
  view_mode: "embedded",
};

const SPELLINGS: [string, (key: string) => string][] = [
  ["canonical", (key) => key],
  ["lower case", (key) => key.toLowerCase()],
  ["upper case", (key) => key.toUpperCase()],
  ["hyphens", (key) => key.replaceAll("_", "-")],
  ["spaces", (key) => key.replaceAll("_", " ")],
  ["without separators", (key) => key.replaceAll("_", "")],
  ["snake case", (key) => key.replaceAll(/[A-Z]+/g, (run) => `_${run.toLowerCase()}`)],
];

function refusalOf(given: unknown): unknown {
  try {
    return parseConfig(given);
  } catch (error) {
    return error;
  }
}

describe("the 13 configuration keys", () => {
  it("are 13, with distinct normal forms", () => {
    expect(new Set(Object.keys(VALUES).map(normalForm)).size).toBe(13);
  });

  it.each(SPELLINGS)("are read in %s", (_, spell) => {
    const given = Object.fromEntries(Object.entries(VALUES).map(([key, value]) => [spell(key), value]));
    expect(parseConfig(given).config).toEqual(VALUES);
  });

  it("have the documented defaults; the demo tenant's ids are warned of", () => {
    const { campaignId: _c, nodeflowId: _n, processId: _p, ...required } = CONFIG;
    const { config, warnings } = parseConfig(required);
    expect(config).toEqual({
      ...CONFIG,
      locale: "en",
      accountId: null,
      theme_color: "#192d3f",
      show_controlbox_by_default: true,
      view_mode: "",
    });
    expect(warnings.map(({ message }) => message.split(" ")[0])).toEqual(["campaignId", "nodeflowId", "processId"]);
  });

  it.each(["CHAT_SERVICE_DOMAIN", "CMS_SERVICE_DOMAIN", "CONVERSE_BOSH_SERVICE_URL", "AUTH_TOKEN", "contactCenterId"])(
    "%s is required",
    (key) => {
      const given = Object.fromEntries(Object.entries(CONFIG).filter(([name]) => name !== key));
      expect(refusalOf(given)).toMatchObject({
        code: "invalid-config",
        message: `${key} is missing.`,
        info: { vendor: { name: "exotel", code: "config/missing" } },
      });
    },
  );

  it.each([
    ["CHAT_SERVICE_DOMAIN", "omni"],
    ["contactCenterId", "many"],
    ["contactCenterId", -1],
    ["show_controlbox_by_default", "yes"],
    ["theme_color", "red;}*{display:none"],
    ["locale", "en<script>"],
    ["AUTH_TOKEN", 7],
  ])("%s is refused as %j, without repeating the value", (key, value) => {
    expect(refusalOf({ ...CONFIG, [key]: value })).toMatchObject({
      message: `${key} is not usable.`,
      info: { vendor: { name: "exotel", code: "config/invalid" } },
    });
  });

  it("take ids as text too, no token where a provider gives it, and warn of an unknown view_mode", () => {
    expect(parseConfig({ ...CONFIG, contactCenterId: "12" }).config.contactCenterId).toBe(12);
    const { AUTH_TOKEN: _, ...tokenless } = CONFIG;
    expect(parseConfig({ ...tokenless, tokenProvider: async () => "t" }).config.AUTH_TOKEN).toBeUndefined();
    const [warning] = parseConfig({ ...CONFIG, view_mode: "sideways" }).warnings;
    expect(warning?.message).toContain("view_mode");
  });

  it.each([undefined, null, "config", 5])("%j is no configuration", (given) => {
    expect(() => parseConfig(given)).toThrow(expect.objectContaining({ code: "invalid-config" }));
  });
});

describe("event names", () => {
  it.each(["messagereceived", "message_received", "message-received", "MESSAGE RECEIVED", "messageReceived"])(
    "%s is messageReceived",
    (name) => {
      const bus = new EventBus();
      const heard = vi.fn<(...args: unknown[]) => void>();
      bus.on(name, heard);
      bus.trigger("messageReceived", ["a", 2]);
      expect(heard).toHaveBeenCalledExactlyOnceWith("a", 2);
    },
  );

  it("off takes one callback back by any spelling, or all of an event", () => {
    const bus = new EventBus();
    const [first, second] = [vi.fn<(...args: unknown[]) => void>(), vi.fn<(...args: unknown[]) => void>()];
    bus.on("displayedReceipt", first);
    bus.on("displayed_receipt", second);
    bus.off("displayed-receipt", first);
    bus.emit("displayedReceipt", "room", "m");
    bus.off("DisplayedReceipt");
    bus.emit("displayedReceipt", "room", "n");
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledExactlyOnceWith("room", "m");
  });

  it("once hears one event; a callback that is none and arguments that are no list are refused", () => {
    const bus = new EventBus();
    const heard = vi.fn<(...args: unknown[]) => void>();
    bus.once("receiveReceipt", heard);
    bus.emit("receiveReceipt", "room", "m");
    bus.emit("receiveReceipt", "room", "n");
    expect(heard).toHaveBeenCalledExactlyOnceWith("room", "m");
    const wrong: unknown[] = [() => bus.on("error", untyped(null)), () => bus.trigger("x", untyped("abc"))];
    for (const call of wrong) expect(call).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});

/** What a page without types may pass. */
function untyped(value: unknown): never {
  return value as never;
}
