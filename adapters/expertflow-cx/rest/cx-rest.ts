import { JsonRest } from "../../../src/kit/json-rest.ts";
import { ChatError } from "../../../src/transport/errors.ts";
import type { CxRestOptions } from "../cx-options.ts";

/** The REST side: the token, a time limit, and every failure as a `ChatError`. */
export class CxRest extends JsonRest {
  /** What `TOKEN_GENERATED` brought; sent along where there is one (4.9.2). */
  token: string | undefined;

  constructor(options: CxRestOptions = {}) {
    super({ vendor: "expertflow-cx", fetch: options.fetch, timeoutMs: options.timeoutMs });
  }

  override headers(hasBody: boolean): [string, string][] {
    const token: [string, string][] = this.token === undefined ? [] : [["Authorization", `Bearer ${this.token}`]];
    return [...super.headers(hasBody), ...token];
  }
}

/** An option that a call needs. @throws ChatError `invalid-config`. */
export function needed(value: string | undefined, option: string): string {
  if (value !== undefined && value !== "") return value;
  throw new ChatError("invalid-config", `${option} is not set.`, { remedy: `Set ${option} in the options.` });
}
