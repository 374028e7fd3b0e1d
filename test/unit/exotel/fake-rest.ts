import { readFileSync } from "node:fs";
import { exotel, type ExotelOptions, type ExotelService } from "../../../adapters/exotel/index.ts";

export const TOKEN = "RestrictedToken s3cr3t-token";

/** One REST call as it was sent. */
export interface SentCall {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: unknown;
  init: RequestInit;
}

type Answer = Response | Error;

/** A tenant whose answers are given, in order; the last one is repeated. */
export function tenantAnswering(
  answers: (Answer | (() => Answer))[],
  options: Partial<ExotelOptions> = {},
): { service: ExotelService; calls: SentCall[] } {
  const calls: SentCall[] = [];
  const fakeFetch: typeof fetch = async (url, init = {}) => {
    const { body, method = "GET" } = init;
    const text = typeof body === "string" ? body : "null";
    calls.push({
      url: url instanceof Request ? url.url : String(url),
      method,
      headers: Object.fromEntries(new Headers(init.headers)),
      body: JSON.parse(text) as unknown,
      init,
    });
    const given = answers[Math.min(calls.length, answers.length) - 1];
    const answer = typeof given === "function" ? given() : given;
    if (answer instanceof Response) return answer.clone();
    throw answer ?? new Error("No answer is given for this call.");
  };
  const service = exotel({
    chatServiceUrl: "https://omni.example.com:4440/",
    cmsServiceUrl: "https://omni.example.com:4433",
    authToken: TOKEN,
    contactCenterId: 7,
    campaignId: 1,
    nodeflowId: 5,
    processId: 4,
    fetch: fakeFetch,
    ...options,
  });
  return { service, calls };
}

export function json(value: unknown, init: ResponseInit = {}): Response {
  return new Response(JSON.stringify(value), init);
}

/** A file under `fixtures/exotel/`. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../../fixtures/exotel/${name}`, import.meta.url), "utf8");
}

export function jsonFixture(name: string): unknown {
  return JSON.parse(fixture(name)) as unknown;
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not reject.");
}
