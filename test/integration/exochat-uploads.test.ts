import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startExotelSandbox, type ExotelSandbox } from "../../sandbox/index.ts";
import { headlessCustomer, type HeadlessCustomer } from "./headless-customer.ts";

const LIMIT = 20_000;
const customers: HeadlessCustomer[] = [];
let exotel: ExotelSandbox;

beforeAll(async () => {
  exotel = await startExotelSandbox({ settings: { agentJoin: "before" }, prosody: { uploadLimitBytes: LIMIT } });
});
afterEach(async () => {
  await Promise.all(customers.splice(0).map(({ exoChat }) => exoChat.dispose()));
});
afterAll(() => exotel.stop());

async function chatting(at = exotel) {
  const jane = headlessCustomer(at);
  customers.push(jane);
  const room = await jane.start();
  return { jane, room };
}

const fileOf = (bytes: number, name = "report.pdf", type = "application/pdf"): File =>
  new File([new Uint8Array(bytes).fill(65)], name, { type });

describe("files", () => {
  it("limit: a file of exactly the limit is stored, with progress, and the agent can fetch it", async () => {
    const { jane, room } = await chatting();
    const url = await jane.exoChat.uploadFileToConverse(fileOf(LIMIT));
    const stored = await fetch(url ?? "");
    expect((await stored.arrayBuffer()).byteLength).toBe(LIMIT);
    expect(jane.heard.findLast(({ name }) => name === "uploadProgress")?.args).toEqual([LIMIT, LIMIT, "report.pdf"]);
    await jane.exoChat.sendMessage(room.jid, url ?? "", "MEDIA_MSG", [{ url: url ?? "", name: "report.pdf" }]);
    const mine = await jane.message(({ subtype }) => subtype === "MEDIA_MSG");
    expect(mine).toMatchObject({ sender: "me", body: url, files: [{ url, name: "report.pdf" }] });
    const [stanza] = (await exotel.prosody.control.stanzasOf(room.jid)).slice(-1);
    expect(stanza).toContain("report.pdf");
    expect(stanza).toContain("jabber:x:oob");
  });

  it.each([
    ["limit+1", LIMIT + 1, "too-large"],
    ["file 0 B", 0, "invalid-argument"],
  ])("%s: null, an error that names why, and no slot is asked for", async (_, bytes, code) => {
    const { jane } = await chatting();
    await expect(jane.exoChat.uploadFileToConverse(fileOf(bytes))).resolves.toBeNull();
    expect(jane.errors.map((error) => error.split(" ")[0])).toEqual([code]);
  });

  it("unicode name: arrives as it was called", async () => {
    const { jane, room } = await chatting();
    const name = "Rechnung für Jörg – हिन्दी 🧾.pdf";
    const url = (await jane.exoChat.uploadFileToConverse(fileOf(10, name))) ?? "";
    await jane.exoChat.sendMessage(room.jid, url, "MEDIA_MSG", [{ url, name }]);
    expect((await jane.message(({ files }) => files !== null)).files).toMatchObject([{ name }]);
    expect((await fetch(url)).ok).toBe(true);
  });

  it("in three steps: the slot's Authorization header is kept between them", async () => {
    const { jane } = await chatting();
    const { exoChat } = jane;
    const jid = await exoChat.discoverFileUploadJID();
    expect(jid).toBe(exotel.prosody.uploadDomain);
    expect(await exoChat.requestUploadServiceInfo(jid ?? "")).toMatchObject({ maxFileSize: LIMIT });
    const slot = await exoChat.requestSlotFromConverse("a.txt", 5, "text/plain");
    const { putUrl = "", getUrl = "" } = slot ?? {};
    expect(await exoChat.uploadFile(new File(["hello"], "a.txt", { type: "text/plain" }), putUrl, getUrl)).toBe(getUrl);
    expect(await (await fetch(getUrl)).text()).toBe("hello");
    expect(jane.errors).toEqual([]);
  });

  it("an agent's file has address, name, type and size", async () => {
    const { jane, room } = await chatting();
    const agent = await exotel.control.seat(room.jid);
    const { file } = await agent.sendFile({
      name: "offer.pdf",
      mediaType: "application/pdf",
      data: Buffer.from("%PDF"),
    });
    const message = await jane.message(({ subtype }) => subtype === "MEDIA_MSG");
    expect(message.files).toEqual([{ url: file.url, name: "offer.pdf", type: "application/pdf", size: 4 }]);
    expect(jane.exoChat.isDocumentPdf(file.url)).toBe(true);
  });

  it.each([
    [201, true],
    [200, true],
    [204, true],
    [401, false],
    [409, false],
    [413, false],
    [500, false],
  ])("PUT %d", async (putStatus, stored) => {
    const other = await startExotelSandbox({ settings: { agentJoin: "before" }, dialect: { putStatus } });
    try {
      const { jane } = await chatting(other);
      const url = await jane.exoChat.uploadFileToConverse(fileOf(100));
      expect(url !== null).toBe(stored);
      expect(jane.errors).toHaveLength(stored ? 0 : 1);
    } finally {
      // The customer first: leaving a server that is gone takes its time.
      await customers.at(-1)?.exoChat.dispose();
      await other.stop();
    }
  });

  it("abort: the caller stops the transfer while it runs, and may try again", async () => {
    const { jane } = await chatting();
    const abort = new AbortController();
    const seen: [number, number][] = [];
    const onProgress = (sent: number, total: number): void => {
      seen.push([sent, total]);
      abort.abort();
    };
    const { signal } = abort;
    expect(await jane.exoChat.uploadFileToConverse(fileOf(LIMIT), { signal, onProgress })).toBeNull();
    expect(seen).toHaveLength(1);
    expect(jane.errors).toEqual(["aborted upload/aborted"]);
    expect(await jane.exoChat.uploadFileToConverse(fileOf(LIMIT))).toMatch(/^http/);
  });

  it("abort: a chat that is closed meanwhile gives null and no leftovers", async () => {
    const { jane } = await chatting();
    const uploading = jane.exoChat.uploadFileToConverse(fileOf(LIMIT));
    await jane.exoChat.disconnectConverse();
    await uploading;
    expect(jane.exoChat.getUserStatus()).toBe("offline");
  });
});
