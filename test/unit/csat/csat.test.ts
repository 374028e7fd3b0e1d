import { describe, expect, it, vi } from "vitest";
import {
  assertResponse,
  createCsat,
  type FeedbackConfig,
  type FeedbackGateway,
  type FeedbackScheme,
} from "../../../src/csat/index.ts";
import { createEmitter } from "../../../src/kit/emitter.ts";
import { ChatError, type EndedEvent } from "../../../src/transport/index.ts";

const CHAT = { chatId: "CH-1009", interactionId: "IN-5521" };
const STARS: FeedbackScheme = { id: "3", name: "stars", text: "How did we do?", max: 5, mandatory: true };
const COLLECT: FeedbackConfig = { kind: "collect", schemes: [STARS] };
const AT_ONCE = {
  nextDelayMs: ({ attempt, cause }: { attempt: number; cause: ChatError }) =>
    cause.info.retryable && attempt <= 3 ? 0 : null,
};

function gateway(config: FeedbackConfig = COLLECT): FeedbackGateway & {
  config: ReturnType<typeof vi.fn<FeedbackGateway["config"]>>;
  submit: ReturnType<typeof vi.fn<FeedbackGateway["submit"]>>;
} {
  return {
    config: vi.fn<FeedbackGateway["config"]>(() => Promise.resolve(config)),
    submit: vi.fn<FeedbackGateway["submit"]>(() => Promise.resolve()),
  };
}

function store(): { getItem(key: string): string | null; setItem(key: string, value: string): void } {
  const values = new Map<string, string>();
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value) };
}

describe("asking", () => {
  it("says what to collect, and reads the configuration once", async () => {
    const far = gateway();
    const csat = createCsat(far);
    await expect(csat.request(CHAT)).resolves.toEqual({ ...CHAT, kind: "collect", schemes: [STARS] });
    await csat.request({ chatId: "CH-2" });
    expect(far.config).toHaveBeenCalledTimes(1);
  });

  it("reads the configuration again after a failure", async () => {
    const far = gateway();
    far.config.mockRejectedValueOnce(new ChatError("unreachable", "Down."));
    const csat = createCsat(far);
    await expect(csat.request(CHAT)).rejects.toMatchObject({ code: "unreachable" });
    await expect(csat.request(CHAT)).resolves.toMatchObject({ kind: "collect" });
  });

  it("asks nothing where ratings are off", async () => {
    await expect(createCsat(gateway({ kind: "disabled" })).request(CHAT)).resolves.toBeNull();
  });

  it("refuses a page that is not https", async () => {
    const csat = createCsat(gateway({ kind: "link", url: new URL("http://survey.example.com/") }));
    await expect(csat.request(CHAT)).rejects.toMatchObject({ code: "bad-frame" });
  });

  it("allows a page of this machine without TLS, as every address", async () => {
    const csat = createCsat(gateway({ kind: "link", url: new URL("http://127.0.0.1:8080/survey") }));
    await expect(csat.request(CHAT)).resolves.toMatchObject({ kind: "link" });
  });

  it("opens the page in a new tab without an opener, and asks no more", async () => {
    const csat = createCsat(gateway({ kind: "link", url: new URL("https://survey.example.com/form") }));
    const request = await csat.request(CHAT);
    const open = vi.fn<(url: string, target: string, features: string) => void>();
    if (request?.kind === "link") csat.openLink(request, open);
    expect(open).toHaveBeenCalledExactlyOnceWith("https://survey.example.com/form", "_blank", "noopener,noreferrer");
    await expect(csat.request(CHAT)).resolves.toBeNull();
  });

  it("asks after ended, with its ids or else the conversation's", async () => {
    const source = createEmitter<{ ended: EndedEvent }>();
    const csat = createCsat(gateway());
    const asked: string[] = [];
    csat.watch(source, { fallbackChatId: () => "room-1", onRequest: ({ chatId }) => void asked.push(chatId) });
    source.emit("ended", { by: "agent", ...CHAT });
    source.emit("ended", { by: "customer" });
    await vi.waitFor(() => expect(asked).toEqual(["CH-1009", "room-1"]));
  });

  it("tells when asking is not possible", async () => {
    const source = createEmitter<{ ended: EndedEvent }>();
    const far = gateway();
    far.config.mockRejectedValue(new TypeError("fetch failed"));
    const error = new Promise<ChatError>((resolve) => {
      const listener = { fallbackChatId: () => undefined, onRequest: () => undefined, onError: resolve };
      createCsat(far).watch(source, listener);
    });
    source.emit("ended", { by: "agent", ...CHAT });
    await expect(error).resolves.toMatchObject({ code: "unreachable" });
  });
});

describe("submitting", () => {
  it("submits once per chat, also after a reload", async () => {
    const far = gateway();
    const storage = store();
    await expect(createCsat(far, { storage }).submit(CHAT, { score: 5 })).resolves.toBe("submitted");
    const afterReload = createCsat(far, { storage });
    await expect(afterReload.submit(CHAT, { score: 1 })).resolves.toBe("already-submitted");
    await expect(afterReload.request(CHAT)).resolves.toBeNull();
    expect(far.submit).toHaveBeenCalledTimes(1);
    await expect(afterReload.submit({ chatId: "CH-2" }, { score: 1 })).resolves.toBe("submitted");
  });

  it("never submits twice at the same time", async () => {
    const far = gateway();
    const csat = createCsat(far);
    await Promise.all([csat.submit(CHAT, { score: 5 }), csat.submit(CHAT, { score: 1 })]);
    expect(far.submit).toHaveBeenCalledExactlyOnceWith(CHAT, { score: 5 }, undefined);
  });

  it("repeats after a network error with the same body, and not after a refusal", async () => {
    const far = gateway();
    far.submit.mockRejectedValueOnce(new ChatError("unreachable", "Down."));
    const response = { score: 5 };
    const submitting = createCsat(far, { retry: AT_ONCE }).submit(CHAT, response);
    response.score = 1;
    await submitting;
    expect(far.submit.mock.calls.map(([, body]) => body.score)).toEqual([5, 5]);

    const refusing = gateway();
    refusing.submit.mockRejectedValue(new ChatError("refused", "No."));
    const csat = createCsat(refusing, { retry: AT_ONCE });
    await expect(csat.submit(CHAT, { score: 5 })).rejects.toMatchObject({ code: "refused" });
    expect(refusing.submit).toHaveBeenCalledTimes(1);
    await expect(csat.submit(CHAT, { score: 5 })).rejects.toMatchObject({ code: "refused" });
  });

  it("has submitted also when the store is full, and remembers it for this page", async () => {
    const far = gateway();
    const full = (): never => {
      throw new Error("QuotaExceededError");
    };
    const csat = createCsat(far, { storage: { getItem: full, setItem: full } });
    await expect(csat.submit(CHAT, { score: 5 })).resolves.toBe("submitted");
    await expect(csat.submit(CHAT, { score: 5 })).resolves.toBe("already-submitted");
  });

  it("stops waiting when its signal fires", async () => {
    const far = gateway();
    far.submit.mockRejectedValue(new ChatError("unreachable", "Down."));
    const abort = new AbortController();
    const csat = createCsat(far, { retry: { nextDelayMs: () => 60_000 } });
    const submitting = csat.submit(CHAT, { score: 5 }, { signal: abort.signal });
    await vi.waitFor(() => expect(far.submit).toHaveBeenCalledTimes(1));
    abort.abort();
    await expect(submitting).rejects.toMatchObject({ code: "aborted" });
  });

  it("sends nothing when its signal has fired already", async () => {
    const far = gateway();
    const submitting = createCsat(far).submit(CHAT, { score: 5 }, { signal: AbortSignal.abort() });
    await expect(submitting).rejects.toMatchObject({ code: "aborted" });
    expect(far.submit).not.toHaveBeenCalled();
  });

  it("checks the answers of a request before anything is sent", async () => {
    const far = gateway();
    const csat = createCsat(far);
    const request = await csat.request(CHAT);
    expect(request).not.toBeNull();
    await expect(csat.submit(request ?? CHAT, {})).rejects.toMatchObject({ code: "invalid-argument" });
    expect(far.submit).not.toHaveBeenCalled();
  });
});

describe("answers", () => {
  it.each([
    ["a mandatory question unanswered", [STARS], {}],
    ["a value over the maximum", [STARS], { answers: [{ schemeId: "3", value: 6 }] }],
    ["a text where a number is due", [STARS], { answers: [{ schemeId: "3", value: "five" }] }],
    ["an answer to no question", [STARS], { score: 5, answers: [{ schemeId: "9", value: 1 }] }],
    ["a score over five without schemes", [], { score: 6 }],
  ])("refuses %s", (_name, schemes, response) => {
    expect(() => assertResponse(schemes, response)).toThrow(ChatError);
  });

  it("takes the score for the answer to the only question", () => {
    expect(() => assertResponse([STARS], { score: 5, comment: "Great" })).not.toThrow();
    expect(() => assertResponse([{ ...STARS, mandatory: false }], {})).not.toThrow();
  });
});
