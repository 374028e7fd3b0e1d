import { describe, expect, it } from "vitest";
import { startExotelSandbox, type ExotelSandboxOptions } from "../../sandbox/index.ts";
import type { MessageObject } from "../../src/exochat/index.ts";
import { codeOf, headlessCustomer } from "./headless-customer.ts";

type Dialect = NonNullable<ExotelSandboxOptions["dialect"]>;

/** Every switch that makes Prosody look like an Openfire, alone and all together. */
const DIALECTS: [string, Dialect][] = [
  ["historyDelayFrom: occupant", { historyDelayFrom: "occupant" }],
  ["historyDelayFrom: real", { historyDelayFrom: "real" }],
  ["occupantId: off", { occupantId: "off" }],
  ["stanzaId: off", { stanzaId: "off", mam: "off" }],
  ["mam: off", { mam: "off" }],
  ["uploadHeaders: off", { uploadHeaders: "off" }],
  ["stripExtensions", { stripExtensions: true }],
  [
    "an Openfire before 5.0",
    {
      historyDelayFrom: "real",
      occupantId: "off",
      stanzaId: "off",
      stableId: "off",
      mam: "off",
      uploadHeaders: "off",
      putStatus: 200,
    },
  ],
];

describe("the chat on another vendor's room service", () => {
  it.each(DIALECTS)("%s", async (_, dialect) => {
    const exotel = await startExotelSandbox({ settings: { agentJoin: "before" }, dialect });
    const first = headlessCustomer(exotel);
    const jane = headlessCustomer(exotel, { connectionProvider: async () => exotel.control.chat().answer });
    try {
      const room = await first.start();
      const agent = await exotel.control.seat();
      const msgid = await first.exoChat.sendMessage(room.jid, "Hello", null, null);
      expect(await first.message("Hello")).toMatchObject({ sender: "me", msgid });
      await agent.say("How can I help?");
      expect(await first.message("How can I help?")).toMatchObject({ sender: "agent", userRole: "agent" });
      expect(await first.exoChat.uploadFileToConverse(new File(["hello"], "a.txt", { type: "text/plain" }))).toMatch(
        /a\.txt$/,
      );
      await first.exoChat.dispose();
      // Whoever integrates learns that nothing of the vendor's gets through.
      const warnings = first.heard.flatMap(({ name, args: [warning] }) =>
        name === "warning" ? [codeOf(warning)] : [],
      );
      expect(warnings.includes("bad-frame message/no-payload")).toBe(dialect.stripExtensions === true);
      await jane.start();
      const isOld = (text: string) => (message: MessageObject) => message.body === text && message.is_archived;
      // A nick in history proves nothing: its former holder may have been somebody else.
      const sender = dialect.occupantId === "off" ? "agent" : "me";
      expect(await jane.message(isOld("Hello"))).toMatchObject({ sender });
      expect(await jane.message(isOld("How can I help?"))).toMatchObject({ sender: "agent" });
      expect(first.errors).toEqual([]);
    } finally {
      await first.exoChat.dispose();
      await jane.exoChat.dispose();
      await exotel.stop();
    }
  });

  it.each(["exo", "json", "jive", "plain"] as const)(
    "payloads in the dialect %s, both ways",
    async (payloadDialect) => {
      const exotel = await startExotelSandbox({ settings: { agentJoin: "before", payloadDialect } });
      const jane = headlessCustomer(exotel, { wire: { sendDialect: payloadDialect } });
      try {
        const room = await jane.start();
        const agent = await exotel.control.seat();
        await agent.say("Hello");
        expect(await jane.message("Hello")).toMatchObject({ subtype: "NORMAL_TEXT_MSG", userRole: "agent" });
        await agent.sendForm({ title: "Address" });
        expect(await jane.message(({ subtype }) => subtype === "FORM_MSG")).toMatchObject({ sender: "agent" });
        const { file } = await agent.sendFile({ name: "a.txt", mediaType: "text/plain", data: Buffer.from("hello") });
        expect((await jane.message(({ subtype }) => subtype === "MEDIA_MSG")).files).toMatchObject([
          { url: file.url, name: "a.txt" },
        ]);
        await jane.exoChat.sendMessage(room.jid, file.url, "MEDIA_MSG", [{ url: file.url, name: "mine.txt" }]);
        expect(await jane.message(({ sender, files }) => sender === "me" && files !== null)).toMatchObject({
          subtype: "MEDIA_MSG",
          files: [{ url: file.url, name: "mine.txt" }],
        });
        const ids = await agent.endChat();
        const { interaction_data: data } = await jane.message(({ chatEnded }) => chatEnded);
        expect(data).toEqual({ chatId: ids.chatId, interaction_id: ids.interactionId });
      } finally {
        await jane.exoChat.dispose();
        await exotel.stop();
      }
    },
  );
});
