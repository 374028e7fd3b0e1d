import { JsonRest, under } from "../../../src/kit/json-rest.ts";
import { record, text } from "../../../src/kit/read.ts";
import type { Call } from "../../../src/transport/call.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { SolutionServerOptions } from "../options.ts";
import { decodeMessage, type SolutionMessage } from "../wire/decode-message.ts";
import { decodeParticipant, type SolutionParticipant } from "../wire/people.ts";
import { listField, recordField, textField } from "../wire/fields.ts";
import type { Frame } from "../wire/encode.ts";
import { getWithBody } from "./get-with-body.ts";

/** What `init` answers. */
export interface Started {
  conversationId: string;
  participant: { id: string; name: string };
}

/** What was said before a moment. */
export interface PastMessages {
  participants: SolutionParticipant[];
  /** Oldest first. */
  messages: SolutionMessage[];
}

/** The REST calls of the guide (3.0.2, 3.0.5, 4.0.1, 7.0.11). */
export class SolutionRest extends JsonRest {
  readonly #options: SolutionServerOptions;

  constructor(options: SolutionServerOptions) {
    const { fetch, timeoutMs, allowInsecure } = options;
    super({ vendor: "expertflow-chat", fetch, timeoutMs, allowInsecure });
    this.#options = options;
  }

  /** `POST /api/customer/init`. @throws ChatError as `json`; `bad-frame` for an answer without the two ids. */
  async init(body: Frame, call?: Call): Promise<Started> {
    const answer = record(await this.json("POST", this.#at("api", "customer", "init"), body, call));
    const { id, name } = decodeParticipant(recordField(answer, "participant"));
    const conversationId = textField(answer, "conversationId");
    if (conversationId === "" || id === "")
      throw new ChatError("bad-frame", "The chat service did not say which conversation it has started.", {
        vendor: { name: "expertflow-chat", code: "init/no-id" },
      });
    return { conversationId, participant: { id, name } };
  }

  /** `GET /api/conversation/past-messages`: at most `count`, older than `before`. @throws ChatError `not-found`, and as `json`. */
  async pastMessages(conversationId: string, count: number, before: Date, call?: Call): Promise<PastMessages> {
    const url = this.#at("api", "conversation", "past-messages");
    const asked = { conversationId, count, time: before.toISOString() };
    const answer =
      this.#options.pastMessages === "body"
        ? this.parse(await getWithBody(url, JSON.stringify(asked), this, call))
        : await this.json("GET", `${url}?${new URLSearchParams({ ...asked, count: String(count) })}`, undefined, call);
    const fields = record(answer);
    return {
      participants: listField(fields, "participants").map(decodeParticipant),
      messages: inOrder(listField(fields, "messages").flatMap((each) => decodeMessage(each) ?? [])),
    };
  }

  /** `GET /api/customer/transcript/{id}/pdf`: the document. @throws ChatError `not-found`, also while the chat goes on. */
  async transcriptPdf(conversationId: string, call?: Call): Promise<Blob> {
    const url = this.#at("api", "customer", "transcript", conversationId, "pdf");
    const pdf = await this.blob(url, call).catch(transcriptError);
    if (!(await pdf.slice(0, 5).text()).startsWith("%PDF-")) throw this.notPdf();
    return pdf;
  }

  /** `GET /api/customer/transcript/{id}/email`: the service mails it. @throws ChatError as {@link transcriptPdf}. */
  async transcriptByMail(conversationId: string, call?: Call): Promise<void> {
    await this.text("GET", this.#at("api", "customer", "transcript", conversationId, "email"), undefined, call).catch(
      transcriptError,
    );
  }

  /** `POST /api/external/message`. @returns the service's `requestId`, `""` when it says none. */
  externalMessage(body: Frame, call?: Call): Promise<string> {
    return this.ask("POST", this.#at("api", "external", "message"), body, call, async (response) => {
      await response.arrayBuffer();
      return text(response.headers.get("requestId") ?? "");
    });
  }

  private notPdf(): ChatError {
    return new ChatError("bad-frame", "The transcript is no PDF.", {
      remedy: "Check the address of the service: a web page may be answering there.",
      vendor: { name: "expertflow-chat", code: "transcript/no-pdf" },
    });
  }

  #at(...segments: string[]): string {
    return under(this.#options.url, ...segments);
  }
}

/** No guide states the order: by time, and what has the same time as it came, or the other way round where the newest came first. */
export function inOrder(messages: SolutionMessage[]): SolutionMessage[] {
  const [first, last] = [messages[0]?.sentAt, messages.at(-1)?.sentAt];
  const asCame = first && last && first > last ? messages.toReversed() : messages;
  return asCame.toSorted((one, other) => (one.sentAt?.getTime() ?? 0) - (other.sentAt?.getTime() ?? 0));
}

/** 404 has two meanings here, and one remedy for the commoner of them (guide 3.0.5). */
function transcriptError(error: unknown): never {
  if (!ChatError.isInstance(error) || error.code !== "not-found") throw error;
  throw new ChatError("not-found", "There is no transcript yet: the chat is still going on, or there never was one.", {
    ...error.info,
    remedy: "Ask again after the end of the chat.",
    vendor: { name: "expertflow-chat", code: "transcript/404" },
  });
}
