import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { exotel, type ExotelOptions } from "../../../adapters/exotel/index.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import { json, rejectionOf, tenantAnswering, TOKEN } from "./fake-rest.ts";

const REQUEST = { customer: { name: "Jane", email: "j@x", phone: "1" } };
const failed = (response: Response | Error) => rejectionOf(tenantAnswering([response]).service.provision(REQUEST));

// No pause before the repetition: what is looked at here is the error.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => vi.restoreAllMocks());

describe("statuses", () => {
  it.each([
    [400, "invalid-argument", "rest/bad-request", "Bad Request", false],
    [401, "unauthorized", "rest/unauthorized", "Unauthorized", false],
    [403, "refused", "rest/forbidden", "Forbidden", false],
    [404, "not-found", "rest/not-found", "Not Found", false],
    [409, "conflict", "rest/conflict", "Conflict", false],
    [418, "refused", "rest/status", "HTTP 418", false],
    [429, "rate-limited", "rest/rate-limited", "Too Many Requests", true],
    [500, "unreachable", "rest/server", "Internal Server Error", true],
    [503, "unreachable", "rest/server", "Service Unavailable", true],
    [599, "unreachable", "rest/server", "HTTP 599", true],
  ])("%d is %s, with the standard phrase where HTTP/2 gives none", async (status, code, vendor, phrase, retryable) => {
    const error = await failed(new Response(null, { status, statusText: "" }));
    expect(error).toMatchObject({
      code,
      info: { vendor: { name: "exotel", code: vendor }, cause: { status, statusText: phrase }, retryable },
    });
    expect(error).toHaveProperty("message", expect.stringContaining(`HTTP ${status}`));
    expect(error).toHaveProperty("info.remedy", expect.stringMatching(/\w+ .*\.$/));
    const spoken = await failed(new Response(null, { status, statusText: "As The Server Says" }));
    expect(spoken).toMatchObject({ info: { cause: { statusText: "As The Server Says" } } });
  });

  it("keeps the name of the exception and no text of the body", async () => {
    const body = { resource: "jane@shop.example", message: "Jane said something", exception: "RoomNotFoundException" };
    const error = await failed(json(body, { status: 404 }));
    expect(error).toMatchObject({ info: { cause: { exception: "RoomNotFoundException" } } });
    expect(JSON.stringify(error)).not.toContain("Jane said");
    const cms = await failed(json({ errorCode: "NOT_FOUND", errorMessage: "x" }, { status: 404 }));
    expect(cms).toMatchObject({ info: { cause: { exception: "NOT_FOUND" } } });
  });

  it.each([
    ["30", 30_000],
    ["0", 0],
    ["999999999", 86_400_000],
    ["Mon, 04 May 2026 10:00:30 GMT", 30_000],
    ["Mon, 04 May 2026 09:00:00 GMT", 0],
    ["soon", undefined],
  ])("knows when to come back: %s", async (text, retryAfterMs) => {
    vi.spyOn(Date, "now").mockReturnValue(Date.parse("2026-05-04T10:00:00Z"));
    for (const status of [429, 503]) {
      const error = (await failed(new Response(null, { status, headers: { "retry-after": text } }))) as ChatError;
      expect(error.info.retryAfterMs).toBe(retryAfterMs);
    }
  });
});

describe("answers that are none", () => {
  it.each(["<html>", "", '{"userEntity": '])("%j is bad-frame", async (text) => {
    expect(await failed(new Response(text))).toMatchObject({
      code: "bad-frame",
      info: { vendor: { name: "exotel", code: "rest/bad-json" } },
    });
  });

  it("more than 4 MiB is bad-frame, also when it is JSON", async () => {
    const { service } = tenantAnswering([json("x".repeat(4 * 1024 * 1024))]);
    expect(await rejectionOf(service.archive("r@x"))).toMatchObject({ code: "bad-frame" });
  });

  it("one that breaks off is unreachable", async () => {
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"userEntity": '));
        controller.error(new TypeError("terminated"));
      },
    });
    expect(await rejectionOf(tenantAnswering([new Response(broken)]).service.archive("r@x"))).toMatchObject({
      code: "unreachable",
      info: { retryable: true, vendor: { name: "exotel", code: "net/unreachable" } },
    });
  });

  it.each([200, 500])("one of status %i that begins and never ends counts against the time limit", async (status) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const endless = new Response(new ReadableStream<Uint8Array>(), { status });
    const { service, calls } = tenantAnswering([endless]);
    const rejected = rejectionOf(service.archive("r@x", { timeoutMs: 1_000 }));
    while (calls.length === 0) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await rejected).toMatchObject({ code: "timed-out", info: { vendor: { code: "net/timeout" } } });
    vi.useRealTimers();
  });

  it("a dead network is unreachable, with the cause, and says what to check", async () => {
    const cause = new TypeError("fetch failed");
    const error = await failed(cause);
    expect(error).toMatchObject({ code: "unreachable", info: { cause, vendor: { code: "net/unreachable" } } });
    expect(error).toHaveProperty("info.remedy", expect.stringContaining("Check"));
  });

  it("silence is timed-out, and the caller's abort is aborted", async () => {
    const never: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      });
    const slow = tenantAnswering([], { fetch: never, timeoutMs: 5 });
    expect(await rejectionOf(slow.service.provision(REQUEST))).toMatchObject({
      code: "timed-out",
      info: { retryable: true, vendor: { name: "exotel", code: "net/timeout" } },
    });
    const abort = new AbortController();
    const calling = rejectionOf(tenantAnswering([], { fetch: never }).service.provision(REQUEST, abort));
    abort.abort();
    expect(await calling).toMatchObject({ code: "aborted", name: "AbortError" });
  });
});

describe("rule 16: tokens travel to TLS or to this machine only", () => {
  const options: ExotelOptions = {
    chatServiceUrl: "https://omni.example.com:4440",
    cmsServiceUrl: "https://omni.example.com:4433",
    authToken: TOKEN,
    contactCenterId: 7,
    campaignId: 1,
    nodeflowId: 5,
    processId: 4,
  };

  it.each(["http://omni.example.com:4440", "ftp://omni.example.com", "omni.example.com", "javascript:alert(1)", ""])(
    "%j is refused for both services",
    (url) => {
      for (const key of ["chatServiceUrl", "cmsServiceUrl"]) {
        expect(() => exotel({ ...options, [key]: url })).toThrow(expect.objectContaining({ code: "invalid-config" }));
      }
    },
  );

  it("loopback may be plain", () => {
    expect(exotel({ ...options, chatServiceUrl: "http://127.0.0.1:4440" }).wire.serviceName).toBe("conference");
  });

  it("redirects are not followed and cookies not sent", async () => {
    const { service, calls } = tenantAnswering([json({})]);
    await rejectionOf(service.provision(REQUEST));
    expect(calls[0]?.init).toMatchObject({ redirect: "error", credentials: "omit" });
  });

  it("without any authorisation nothing is asked", () => {
    const { authToken: _, ...open } = options;
    expect(() => exotel(open)).toThrow(expect.objectContaining({ code: "invalid-config" }));
  });
});

describe("rule 13: secrets are in no error", () => {
  const secrets = [TOKEN, "s3cr3t-token", "p4ssw0rd", "bot-session-abc", "+15550100200"];
  const request = {
    customer: { name: "Jane", email: "jane@shop.example", phone: "+15550100200" },
    handoff: { botUserId: "b", botSessionId: "bot-session-abc", attributes: { card: "4111" } },
  };

  it.each<[string, Response | Error]>([
    ["401", new Response(null, { status: 401 })],
    ["400 that repeats the request", json({ message: `bad ${TOKEN} p4ssw0rd` }, { status: 400 })],
    ["an answer with a password and no room", json({ userEntity: { username: "u@x", password: "p4ssw0rd" } })],
    ["a web page", new Response(`<p>${TOKEN}</p>`)],
    ["a dead network", new TypeError("fetch failed")],
  ])("%s", async (_, response) => {
    const error = await rejectionOf(tenantAnswering([response]).service.provision(request));
    expect(ChatError.isInstance(error)).toBe(true);
    const { message, stack, info } = error instanceof ChatError ? error : new ChatError("refused", "");
    const text = `${message}\n${stack}\n${JSON.stringify(info)}\n${String(info.cause)}`;
    for (const secret of [...secrets, "4111"]) expect(text).not.toContain(secret);
  });
});
