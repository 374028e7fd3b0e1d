/** What a rule of the fault proxy sees of a request. */
export interface BoshRequestInfo {
  /** Running number of the request, from 1. */
  number: number;
  method: string;
  body: string;
  rid: number | undefined;
  sid: string | undefined;
  /** How often this rid of this session has been sent, from 1. */
  attempt: number;
  /** `terminate` or nothing, in requests. */
  type: string | undefined;
  pause: string | undefined;
  restart: boolean;
  /** Without payload: a poll. */
  empty: boolean;
}

/** Reads the `<body/>` element of a BOSH request without parsing the rest, and counts its attempts. */
export function readBoshRequest(
  method: string,
  body: string,
  number: number,
  attempts: Map<string, number>,
): BoshRequestInfo {
  const attribute = (name: string): string | undefined =>
    new RegExp(`^<body[^>]*?\\s${name}=(["'])(.*?)\\1`, "s").exec(body)?.[2];
  const rid = Number(attribute("rid"));
  const sid = attribute("sid");
  const key = `${sid}/${rid}`;
  const attempt = (attempts.get(key) ?? 0) + 1;
  if (method === "POST") attempts.set(key, attempt);
  return {
    number,
    method,
    body,
    rid: Number.isNaN(rid) ? undefined : rid,
    sid,
    attempt,
    type: attribute("type"),
    pause: attribute("pause"),
    restart: attribute("xmpp:restart") === "true",
    empty: /^<body[^>]*(\/>|>\s*<\/body>)\s*$/s.test(body),
  };
}
