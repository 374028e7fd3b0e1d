import { ChatError } from "../transport/errors.ts";
import type { Logger } from "../kit/logger.ts";
import { normalForm } from "./names.ts";

/** The 13 documented keys of `initialize`, canonical spelling; any spelling with the same normal form is accepted. */
export interface ExoChatConfig {
  /** Base URL of the chat REST service, default port 4440. */
  CHAT_SERVICE_DOMAIN: string;
  /** Base URL of the CMS, default port 4433. */
  CMS_SERVICE_DOMAIN: string;
  /** BOSH endpoint, for example `https://omni.example.com:4442/http-bind/`. */
  CONVERSE_BOSH_SERVICE_URL: string;
  /** Whole value of the `Authorization` header; may be left out with `tokenProvider` or `connectionProvider`. */
  AUTH_TOKEN?: string;
  contactCenterId: number;
  /** Documented as required, with the demo tenant's default 1. */
  campaignId: number;
  /** Documented as required, with the demo tenant's default 5. */
  nodeflowId: number;
  /** Documented as required, with the demo tenant's default 4. */
  processId: number;
  locale: string;
  accountId: string | null;
  theme_color: string;
  show_controlbox_by_default: boolean;
  view_mode: string;
}

/** Our own keys beside the documented ones. Spelled exactly. */
export interface ExoChatExtras {
  /** WebSocket address; used before BOSH when given. */
  websocketUrl?: string;
  /** Domain of the XMPP accounts: lets the stream open while provisioning is under way. */
  xmppDomain?: string;
  /** Domain of the rooms. */
  mucDomain?: string;
  /** Asked before each REST call instead of `AUTH_TOKEN`. */
  tokenProvider?: (call: { signal?: AbortSignal }) => Promise<string>;
  /** Provisions on the host's own server: gets the request's body, returns the service's answer. */
  connectionProvider?: (body: Record<string, unknown>, call: { signal?: AbortSignal }) => Promise<unknown>;
  /** What the vendor's document leaves open; see the Exotel adapter's `ExotelWire`. */
  wire?: Record<string, unknown>;
  /** `exact`: `startChat` rejects with the three documented shapes instead of an `Error`. */
  legacyErrors?: "error" | "exact";
  /** Who shows the rating form at the end: the panel, or the host page. Default `auto`: the panel when it is shown. */
  feedback?: "auto" | "host";
  /** No icon, no panel: the host page draws everything. */
  headless?: boolean;
  /** Emits `messageReceived` also for typing, markers and receipts. Default true, as the vendor's does. */
  emitStateMessages?: boolean;
  /** Emits `messageReceived` also for history. Default true. */
  emitArchived?: boolean;
  /**
   * The chat goes on after a reload of the page, by itself: what waits to be sent, what was asked of `startChat`, and the
   * stream. Kept in `storage`, by default the tab's `sessionStorage`, until the chat ends. Default false: nothing is stored.
   */
  keepChat?: boolean;
  /** Remembers submitted ratings, and with `keepChat` the chat, over a reload: for example `sessionStorage`. */
  storage?: {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
  };
  /**
   * Milliseconds: of one REST call (default 15_000), of a start or join as a whole (default 30_000), of silence in a room
   * after which it is asked whether we are still in (XEP-0410; default 900_000).
   */
  timeouts?: { restMs?: number; startMs?: number; silenceMs?: number };
  logger?: Logger;
}

/** Reads a value or says by `undefined` that it cannot be used. Thirteen keys do not need a validation library in a page. */
type Reader<T> = (value: unknown) => T | undefined;

const readText: Reader<string> = (value) => (typeof value === "string" ? value : undefined);
const readUrl: Reader<string> = (value) =>
  typeof value === "string" && URL.canParse(value.trim()) ? value.trim() : undefined;
const readMatch =
  (pattern: RegExp): Reader<string> =>
  (value) =>
    typeof value === "string" && pattern.test(value) ? value : undefined;

/** Ids come as numbers, and from attributes as their digits. */
const readId: Reader<number> = (value) => {
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof id === "number" && Number.isSafeInteger(id) && id >= 0 ? id : undefined;
};

/** How each key is read; `fallback` is the documented default, without one the key is required. */
const KEYS: {
  readonly [K in keyof Required<ExoChatConfig>]: { read: Reader<ExoChatConfig[K]>; fallback?: ExoChatConfig[K] };
} = {
  CHAT_SERVICE_DOMAIN: { read: readUrl },
  CMS_SERVICE_DOMAIN: { read: readUrl },
  CONVERSE_BOSH_SERVICE_URL: { read: readUrl },
  AUTH_TOKEN: { read: readMatch(/./) },
  contactCenterId: { read: readId },
  campaignId: { read: readId, fallback: 1 },
  nodeflowId: { read: readId, fallback: 5 },
  processId: { read: readId, fallback: 4 },
  locale: { read: readMatch(/^[a-z]{2,3}([-_][a-z0-9]{2,8})*$/i), fallback: "en" },
  accountId: { read: (value) => (value === null ? null : readText(value)), fallback: null },
  theme_color: { read: readMatch(/^(#[0-9a-f]{3,8}|[a-z]+|(rgb|hsl|oklch)a?\([^()<>;]*\))$/i), fallback: "#192d3f" },
  show_controlbox_by_default: { read: (value) => (typeof value === "boolean" ? value : undefined), fallback: true },
  view_mode: { read: readText, fallback: "" },
};

const DEMO_DEFAULTS = ["campaignId", "nodeflowId", "processId"] as const;
const VIEW_MODES = new Set(["", "overlayed", "embedded", "fullscreen", "mobile"]);

/** A checked configuration, and what was noticed about it. */
export interface ParsedConfig {
  config: ExoChatConfig & ExoChatExtras;
  warnings: ChatError[];
}

/**
 * Checks what `initialize` was given: keys by normal form, defaults filled in.
 * @throws ChatError `invalid-config` naming the key. The value is not repeated: it may be the token.
 */
export function parseConfig(given: unknown): ParsedConfig {
  if (typeof given !== "object" || given === null)
    throw invalid(
      "initialize needs a configuration object.",
      "config/missing",
      "Pass the settings of your tenant as an object.",
    );
  const { documented, extras } = sortKeys(given);
  const read = <K extends keyof ExoChatConfig>(key: K): ExoChatConfig[K] => readKey(key, documented.get(key));
  const config: ExoChatConfig & ExoChatExtras = {
    ...extras,
    CHAT_SERVICE_DOMAIN: read("CHAT_SERVICE_DOMAIN"),
    CMS_SERVICE_DOMAIN: read("CMS_SERVICE_DOMAIN"),
    CONVERSE_BOSH_SERVICE_URL: read("CONVERSE_BOSH_SERVICE_URL"),
    contactCenterId: read("contactCenterId"),
    campaignId: read("campaignId"),
    nodeflowId: read("nodeflowId"),
    processId: read("processId"),
    locale: read("locale"),
    accountId: read("accountId"),
    theme_color: read("theme_color"),
    show_controlbox_by_default: read("show_controlbox_by_default"),
    view_mode: read("view_mode"),
  };
  // The one key that may be absent: a provider can stand in for it.
  if (documented.has("AUTH_TOKEN")) config.AUTH_TOKEN = read("AUTH_TOKEN") ?? "";
  if (config.AUTH_TOKEN === undefined && !config.tokenProvider && !config.connectionProvider)
    throw invalid(
      "AUTH_TOKEN is missing.",
      "config/missing",
      "Give AUTH_TOKEN, or a tokenProvider or connectionProvider.",
    );
  return { config, warnings: warningsOf(config, documented) };
}

function sortKeys(given: object): { documented: Map<string, unknown>; extras: Record<string, unknown> } {
  const canonical = new Map(Object.keys(KEYS).map((key) => [normalForm(key), key]));
  const documented = new Map<string, unknown>();
  const extras: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given) as [string, unknown][]) {
    const name = canonical.get(normalForm(key));
    if (name === undefined) extras[key] = value;
    else if (value !== undefined) documented.set(name, value);
  }
  return { documented, extras };
}

function readKey<K extends keyof ExoChatConfig>(key: K, value: unknown): ExoChatConfig[K] {
  const { read, fallback } = KEYS[key];
  if (value === undefined && fallback === undefined)
    throw invalid(`${key} is missing.`, "config/missing", `Set it to ${expectation(key)}.`);
  const result = value === undefined ? fallback : read(value);
  if (result === undefined) throw invalid(`${key} is not usable.`, "config/invalid", `It must be ${expectation(key)}.`);
  return result;
}

function expectation(key: string): string {
  if (key.endsWith("_DOMAIN") || key.endsWith("_URL")) return "a URL such as https://omni.example.com:4440";
  if (key.endsWith("Id") && key !== "accountId") return "a whole number";
  if (key === "show_controlbox_by_default") return "true or false";
  if (key === "theme_color") return "a CSS colour such as #192d3f";
  if (key === "locale") return 'a language tag such as "en"';
  return "a text";
}

function warningsOf(config: ExoChatConfig, documented: ReadonlyMap<string, unknown>): ChatError[] {
  const missing = DEMO_DEFAULTS.filter((key) => !documented.has(key));
  const warnings = missing.map((key) =>
    invalid(
      `${key} is missing; ${config[key]} is the vendor's demo tenant.`,
      "config/missing",
      `Set ${key} to your tenant's.`,
    ),
  );
  if (!VIEW_MODES.has(config.view_mode))
    warnings.push(
      invalid(
        "view_mode is not one of the known modes and is ignored.",
        "config/invalid",
        "Use overlayed, embedded, fullscreen or mobile, or leave it out.",
      ),
    );
  return warnings;
}

function invalid(message: string, code: string, remedy?: string): ChatError {
  return new ChatError("invalid-config", message, {
    vendor: { name: "exotel", code },
    ...(remedy === undefined ? {} : { remedy }),
  });
}
