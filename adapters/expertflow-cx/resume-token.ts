import { record, text } from "../../src/kit/read.ts";

/** With what a later page goes on. */
export interface CxResume {
  serviceIdentifier: string;
  channelCustomerIdentifier: string;
  conversationId: string;
  /** The server's token for REST calls, where it gave one. */
  token: string | undefined;
}

/** A secret: the identifier alone is what the service asks for. */
export function encodeResumeToken({ serviceIdentifier, channelCustomerIdentifier, ...rest }: CxResume): string {
  return JSON.stringify({
    v: 1,
    s: serviceIdentifier,
    c: channelCustomerIdentifier,
    i: rest.conversationId,
    t: rest.token,
  });
}

/** The reverse; `undefined` for what cannot be read, or belongs to another channel. */
export function decodeResumeToken(token: string | undefined, serviceIdentifier: string): CxResume | undefined {
  const { v, s, c, i, t } = record(parse(token ?? ""));
  if (v !== 1 || s !== serviceIdentifier || text(c) === "") return undefined;
  return {
    serviceIdentifier,
    channelCustomerIdentifier: text(c),
    conversationId: text(i),
    token: text(t) || undefined,
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
