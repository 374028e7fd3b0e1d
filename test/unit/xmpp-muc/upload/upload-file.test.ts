import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cleanFileName } from "../../../../src/kit/file-name.ts";
import { uploadFile } from "../../../../adapters/xmpp-muc/upload/upload-file.ts";
import type { ChatError } from "../../../../src/transport/errors.ts";
import { iqError, ScriptedLink } from "../scripted-link.ts";

let server: Server;
let base: string;
let respond: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;
let seen: { headers: IncomingMessage["headers"]; bytes: number; method: string | undefined }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("error", () => undefined);
    request.on("end", () => {
      const body = Buffer.concat(parts);
      seen.push({ headers: request.headers, bytes: body.length, method: request.method });
      respond(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  seen = [];
  respond = (_request, response) => response.writeHead(201).end();
});

interface Service {
  maxFileSize?: number;
  slot?: string | ChatError;
}

function linkWith({ maxFileSize, slot }: Service = {}): ScriptedLink {
  const link = new ScriptedLink();
  link.answer = (iq) => {
    const [child] = iq.getChildElements();
    if (child?.attrs["xmlns"] === "http://jabber.org/protocol/disco#items") {
      return `<query xmlns='http://jabber.org/protocol/disco#items'><item jid='conference.chat.example'/><item jid='upload.chat.example'/></query>`;
    }
    if (child?.name === "query") {
      if (iq.attrs["to"] !== "upload.chat.example") return iqError("service-unavailable", "unsupported");
      const form = `<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>urn:xmpp:http:upload:0</value></field><field var='max-file-size'><value>${maxFileSize ?? 1_000_000}</value></field></x>`;
      return `<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:http:upload:0'/>${form}</query>`;
    }
    return slot ?? slotXml(`${base}/f/1`);
  };
  return link;
}

function slotXml(put: string, get = "https://files.chat.example/f/1", headers = ""): string {
  return `<slot xmlns='urn:xmpp:http:upload:0'><put url='${put}'>${headers}</put><get url='${get}'/></slot>`;
}

function file(sizeBytes: number, name = "invoice.pdf") {
  return { name, mediaType: "application/pdf", sizeBytes, data: new Blob([new Uint8Array(sizeBytes)]) };
}

/** @source XEP-0363 1.2.0 */
describe("uploading a file", () => {
  it("stores it with its exact length and type, and gives the address to read it", async () => {
    const link = linkWith();
    const attachment = await uploadFile(link, file(300_000, "../etc/in\u0007voice.pdf"));
    expect(attachment).toEqual({
      url: new URL("https://files.chat.example/f/1"),
      name: "invoice.pdf",
      mediaType: "application/pdf",
      sizeBytes: 300_000,
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: "PUT", bytes: 300_000 });
    expect(seen[0]?.headers).toMatchObject({ "content-length": "300000", "content-type": "application/pdf" });
    expect(seen[0]?.headers["transfer-encoding"]).toBeUndefined();
    const request = link.written.at(-1)?.getChild("request");
    expect(request?.attrs).toMatchObject({
      filename: "invoice.pdf",
      size: "300000",
      "content-type": "application/pdf",
    });
  });

  it("sends the slot's own headers and none of the others", async () => {
    const headers = `<header name='Authorization'>Bearer example</header><header name='X-Evil'>1</header>`;
    await uploadFile(linkWith({ slot: slotXml(`${base}/f/1`, undefined, headers) }), file(10));
    expect(seen[0]?.headers["authorization"]).toBe("Bearer example");
    expect(seen[0]?.headers["x-evil"]).toBeUndefined();
  });

  it("tells the progress in rising bytes up to the size", async () => {
    const told: number[] = [];
    await uploadFile(linkWith(), file(400_000), {}, { onProgress: (sent) => told.push(sent) });
    expect(told.length).toBeGreaterThan(3);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(400_000);
  });

  it.each([200, 201, 204])("takes HTTP %d for success", async (status) => {
    respond = (_request, response) => response.writeHead(status).end();
    await expect(uploadFile(linkWith(), file(1))).resolves.toMatchObject({ sizeBytes: 1 });
  });

  it.each([
    [401, "refused"],
    [409, "refused"],
    [413, "too-large"],
    [500, "unreachable"],
    [302, "bad-frame"],
  ])("maps HTTP %d to %s", async (status, code) => {
    respond = (_request, response) => response.writeHead(status, { location: "http://127.0.0.1:1/" }).end();
    await expect(uploadFile(linkWith(), file(1))).rejects.toMatchObject({ code });
  });

  it.each([
    ["not-acceptable", "too-large"],
    ["resource-constraint", "rate-limited"],
    ["forbidden", "refused"],
    ["bad-request", "invalid-argument"],
    ["service-unavailable", "unsupported"],
    ["item-not-found", "unsupported"],
  ])("maps the slot error %s to %s", async (condition, code) => {
    await expect(uploadFile(linkWith({ slot: iqError(condition, "refused") }), file(1))).rejects.toMatchObject({
      code,
    });
  });

  it("names the limit that a slot error states, and the time to come back", async () => {
    const tooLarge = `<file-too-large xmlns='urn:xmpp:http:upload:0'><max-file-size>5</max-file-size></file-too-large>`;
    const slot = iqError("not-acceptable", "refused", undefined, tooLarge);
    await expect(uploadFile(linkWith({ slot }), file(6))).rejects.toMatchObject({ info: { limitBytes: 5 } });
    const retry = `<retry xmlns='urn:xmpp:http:upload:0' stamp='2999-01-01T00:00:00Z'/>`;
    const quota = iqError("resource-constraint", "refused", undefined, retry);
    const error = await uploadFile(linkWith({ slot: quota }), file(6)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "rate-limited", info: { vendor: { code: "upload/quota" } } });
    expect((error as ChatError).info.retryAfterMs).toBeGreaterThan(1e9);
  });

  it("knows the limit before it asks for a slot", async () => {
    const link = linkWith({ maxFileSize: 99 });
    await expect(uploadFile(link, file(100))).rejects.toMatchObject({ code: "too-large", info: { limitBytes: 99 } });
    expect(link.written.some((iq) => iq.getChild("request"))).toBe(false);
    await expect(uploadFile(link, file(99))).resolves.toMatchObject({ sizeBytes: 99 });
  });

  it("refuses empty files and wrong sizes before anything is sent", async () => {
    const link = linkWith();
    await expect(uploadFile(link, file(0))).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(uploadFile(link, { ...file(3), sizeBytes: 4 })).rejects.toMatchObject({ code: "invalid-argument" });
    expect(link.written).toEqual([]);
  });

  it("is unsupported where no service announces itself", async () => {
    const link = new ScriptedLink();
    link.answer = () => `<query xmlns='http://jabber.org/protocol/disco#items'/>`;
    await expect(uploadFile(link, file(1))).rejects.toMatchObject({ code: "unsupported" });
  });

  it("asks the server for its service once per connection", async () => {
    const link = linkWith();
    await uploadFile(link, file(1));
    const before = link.written.length;
    await uploadFile(link, file(1));
    expect(link.written.length).toBe(before + 1);
  });

  it("stops when the caller aborts, and is silent afterwards", async () => {
    const abort = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      respond = () => resolve();
    });
    const told: number[] = [];
    const upload = uploadFile(
      linkWith(),
      file(10),
      {},
      { signal: abort.signal, onProgress: (sent) => told.push(sent) },
    );
    void arrived.then(() => abort.abort());
    await expect(upload).rejects.toMatchObject({ code: "aborted", name: "AbortError" });
    const before = told.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.length).toBe(before);
  });

  it("reports a store that cannot be reached", async () => {
    const link = linkWith({ slot: slotXml("http://127.0.0.1:9/f/1") });
    await expect(uploadFile(link, file(1))).rejects.toMatchObject({ code: "unreachable" });
  });
});

describe("rule 16: files and a slot's headers travel to TLS or to this machine only", () => {
  it.each(["http://upload.chat.example/p", "http://127.0.0.1.evil.example/p", "javascript:alert(1)", "not an address"])(
    "refuses a slot at %s, to put and to get, before a byte is sent",
    async (address) => {
      const put = linkWith({ slot: slotXml(address) });
      await expect(uploadFile(put, file(1))).rejects.toMatchObject({ code: "bad-frame" });
      const get = linkWith({ slot: slotXml(`${base}/f/1`, address) });
      await expect(uploadFile(get, file(1))).rejects.toMatchObject({ code: "bad-frame" });
      expect(seen).toEqual([]);
    },
  );

  it("does not follow a store that sends us elsewhere", async () => {
    const headers = `<header name='Authorization'>Bearer example</header>`;
    respond = (_request, response) => response.writeHead(307, { location: `${base}/elsewhere` }).end();
    const link = linkWith({ slot: slotXml(`${base}/f/1`, undefined, headers) });
    await expect(uploadFile(link, file(1))).rejects.toMatchObject({ code: "bad-frame" });
    expect(seen).toHaveLength(1);
  });
});

describe("file names", () => {
  it.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\x\\a.txt", "a.txt"],
    ["résumé 2026.pdf", "résumé 2026.pdf"],
    ["\u202Efdp.exe", "fdp.exe"],
    ["...", "file"],
    ["", "file"],
  ])("%j becomes %j", (given, expected) => expect(cleanFileName(given)).toBe(expected));

  it("keeps the extension of an overlong name", () => {
    const name = cleanFileName(`${"é".repeat(300)}.pdf`);
    expect(name.endsWith(".pdf")).toBe(true);
    expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(255);
  });
});
