import { check, equal, rejects } from "./assertions.ts";
import type { ContractCase } from "./case.ts";
import { file, textMessage } from "./samples.ts";

const SIZE_BYTES = 200_000;

/** `upload`, for adapters that declare it. */
export const UPLOAD_CASES: readonly ContractCase[] = [
  {
    name: "upload resolves with the stored file and sends nothing to the conversation",
    async run(context) {
      const probe = await context.connected();
      const stored = await probe.transport.upload?.(file(SIZE_BYTES));
      check(stored !== undefined, "upload is missing");
      check(stored.url.protocol.startsWith("http"), `the address is ${stored.url.href}`);
      equal(stored.name, "notes.txt", "the name");
      equal(stored.mediaType, "text/plain", "the media type");
      equal(stored.sizeBytes, SIZE_BYTES, "the size");
      await context.fence(probe);
      equal(await context.harness.sent(), [], "messages at the far end");
    },
  },
  {
    name: "a message with the stored file reaches the far end with its address",
    async run(context) {
      const { transport } = await context.connected();
      const stored = await transport.upload?.(file(12));
      check(stored !== undefined, "upload is missing");
      const { clientId } = textMessage("");
      await transport.send({ clientId, body: { kind: "attachments", attachments: [stored] } });
      await context.eventually(
        "the file's address at the far end",
        () => context.harness.sent(),
        (sent) => sent.some(({ urls }) => urls?.includes(stored.url.href) ?? false),
      );
    },
  },
  {
    name: "upload progress never falls, ends with the size and is silent afterwards",
    async run(context) {
      const probe = await context.connected();
      const steps: number[] = [];
      await probe.transport.upload?.(file(SIZE_BYTES), { onProgress: (sentBytes) => void steps.push(sentBytes) });
      const count = steps.length;
      equal(steps.at(-1), SIZE_BYTES, "the last progress");
      equal(
        steps,
        steps.toSorted((a, b) => a - b),
        "the progress",
      );
      await context.fence(probe);
      equal(steps.length, count, "progress calls after the upload");
    },
  },
  {
    name: "a file of 0 bytes rejects with invalid-argument",
    async run(context) {
      const { transport } = await context.connected();
      await rejects(Promise.resolve(transport.upload?.(file(0))), "invalid-argument", "upload");
    },
  },
  {
    name: "a size that is not the file's rejects with invalid-argument",
    async run(context) {
      const { transport } = await context.connected();
      const lie = { ...file(10), sizeBytes: 11 };
      await rejects(Promise.resolve(transport.upload?.(lie)), "invalid-argument", "upload");
    },
  },
  {
    name: "a file over the limit rejects with too-large and the limit",
    async run(context) {
      const { transport, conversation } = await context.connected();
      // Services are asked in passing; after an upload the limit is known if there is one.
      await transport.upload?.(file(12));
      const limitBytes = conversation.maxUploadBytes;
      // A service that does not say its limit cannot be asked for it.
      if (limitBytes === undefined) return;
      const error = await rejects(Promise.resolve(transport.upload?.(file(limitBytes + 1))), "too-large", "upload");
      equal(error.info.limitBytes, limitBytes, "limitBytes of the error");
      check(error.message.includes(String(limitBytes)), `the message does not name the limit: ${error.message}`);
    },
  },
  {
    name: "an upload aborted on the way rejects with aborted, and the next one works",
    async run(context) {
      const { transport } = await context.connected();
      const abort = new AbortController();
      const uploading = Promise.resolve(transport.upload?.(file(SIZE_BYTES), { signal: abort.signal }));
      abort.abort();
      await rejects(uploading, "aborted", "upload");
      const stored = await transport.upload?.(file(12));
      equal(stored?.sizeBytes, 12, "the size of the next file");
    },
  },
  {
    name: "an abort after the upload has resolved changes nothing",
    async run(context) {
      const probe = await context.connected();
      const abort = new AbortController();
      await probe.transport.upload?.(file(12), { signal: abort.signal });
      abort.abort();
      await context.fence(probe);
      equal(probe.transport.state.status, "connected", "the state");
    },
  },
  {
    name: "an upload without an answer rejects with timed-out after timeoutMs",
    needs: ["hangNextUpload"],
    async run(context) {
      const { transport } = await context.connected();
      await context.far("hangNextUpload")();
      await rejects(Promise.resolve(transport.upload?.(file(12), { timeoutMs: 60 })), "timed-out", "upload");
    },
  },
  {
    name: "upload waits 60 seconds unless told otherwise",
    needs: ["hangNextUpload", "useClock"],
    async run(context) {
      const clock = context.far("useClock")();
      const { transport } = await context.connected();
      await context.far("hangNextUpload")();
      let settled = false;
      const uploading = Promise.resolve(transport.upload?.(file(12))).finally(() => (settled = true));
      const outcome = rejects(uploading, "timed-out", "upload");
      await clock.advance(59_999);
      check(!settled, "upload gave up before 60,000 ms");
      await clock.advance(1);
      await outcome;
    },
  },
];
