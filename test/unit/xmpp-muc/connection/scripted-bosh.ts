import { parseXml, type XmlElement } from "../../../../adapters/xmpp-muc/xml.ts";

/** A request that a client made, open until somebody answers. */
export interface OpenRequest {
  rid: number;
  body: XmlElement;
  text: string;
  aborted: boolean;
  answer(body: string, status?: number): void;
  fail(): void;
}

const NS = "http://jabber.org/protocol/httpbind";

/** A BOSH manager that says only what a test tells it to: for answers that no real one gives on order. */
export class ScriptedBosh {
  readonly requests: OpenRequest[] = [];
  readonly #untaken: OpenRequest[] = [];
  readonly #waiting: ((request: OpenRequest) => void)[] = [];

  readonly fetch: typeof fetch = (_url, init) =>
    new Promise((resolve, reject) => {
      const text = typeof init?.body === "string" ? init.body : "";
      const body = parseXml(text);
      const request: OpenRequest = {
        rid: Number(body.attrs["rid"]),
        body,
        text,
        aborted: false,
        answer: (answer, status = 200) => resolve(new Response(answer, { status })),
        fail: () => reject(new TypeError("fetch failed")),
      };
      init?.signal?.addEventListener("abort", () => {
        request.aborted = true;
        reject(new DOMException("aborted", "AbortError"));
      });
      this.requests.push(request);
      const waiter = this.#waiting.shift();
      if (waiter) waiter(request);
      else this.#untaken.push(request);
    });

  /** The oldest request that no test has looked at yet. */
  next(): Promise<OpenRequest> {
    const request = this.#untaken.shift();
    return request ? Promise.resolve(request) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Requests that have neither an answer nor an abort. */
  get open(): OpenRequest[] {
    return this.requests.filter(({ aborted }) => !aborted);
  }
}

/** A body of the manager's. */
export function bodyOf(attrs: string, payload = ""): string {
  return `<body xmlns='${NS}' ${attrs}>${payload}</body>`;
}

/** The answer to a session request. */
export function sessionAnswer(attrs = "", payload = ""): string {
  return bodyOf(`sid='s-1' wait='30' hold='1' requests='2' polling='5' inactivity='60' ver='1.6' ${attrs}`, payload);
}
