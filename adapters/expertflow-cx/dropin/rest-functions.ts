import { ChatError } from "../../../src/transport/errors.ts";
import { under } from "../../../src/kit/json-rest.ts";
import { CxRest } from "../rest/cx-rest.ts";
import { webhookCard } from "../rest/webhook-card.ts";
import { record, text } from "../../../src/kit/read.ts";
import type { Expertflow, ExpertflowAnswer, ExpertflowOptions } from "./api.ts";

/** The published functions that speak REST. */
export type RestFunctions = Pick<
  Expertflow,
  | "widgetConfigs"
  | "getPreChatForm"
  | "formValidation"
  | "uploadToFileEngine"
  | "setConversationData"
  | "getConversationData"
  | "setConversationDataByCustomerIdentifier"
  | "getConversationDataByCustomerIdentifier"
  | "authenticateRequest"
  | "getBrowserInfo"
  | "callbackRequest"
  | "getCalendarId"
  | "getCalendarEvents"
  | "webhookNotifications"
  | "getFileURL"
  | "pushFormDataAsActivity"
  | "authorizedFetch"
>;

const JSON_HEADERS = { "Content-Type": "application/json" };

/**
 * Each callback is called exactly once: with what the service answered, or with a `ChatError`. @param token the one that the
 * server gave, sent along since 4.9.2.
 */
export function restFunctions(options: ExpertflowOptions, token: () => string | undefined): RestFunctions {
  const send = options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));

  function client(): CxRest {
    const rest = new CxRest({ ...(options.fetch && { fetch: options.fetch }) });
    rest.token = token();
    return rest;
  }

  function report(error: unknown): void {
    options.onError?.(toChatError(error));
  }

  /** Runs a request and hands its end to the callback; an error of the callback's own is not the request's. */
  async function settle<T>(
    callback: (answer: T) => void,
    request: Promise<T>,
    toAnswer: (error: unknown) => T,
  ): Promise<void> {
    const answer = await request.catch(toAnswer);
    try {
      callback(answer);
    } catch (error) {
      report(error);
    }
  }

  const tell = (callback: ExpertflowAnswer, request: Promise<unknown>): Promise<void> =>
    settle(callback, request, toChatError);

  function get(url: string, callback: ExpertflowAnswer): void {
    void tell(callback, client().json("GET", url));
  }

  async function authorizedFetch(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const bearer = token();
    if (bearer !== undefined) headers.set("Authorization", `Bearer ${bearer}`);
    return send(url, { ...init, headers });
  }

  async function checked(url: string, init: RequestInit): Promise<Response> {
    const response = await authorizedFetch(url, init);
    if (response.ok) return response;
    throw client().statusError(response.status, response.statusText);
  }

  return {
    widgetConfigs: (ccmUrl, widgetIdentifier, callback) =>
      get(under(ccmUrl, "widget-configs", widgetIdentifier), callback),
    getPreChatForm: (formUrl, formId, callback) => get(under(formUrl, "forms", formId), callback),
    formValidation: (formUrl, callback) => get(under(formUrl, "formValidation"), callback),
    uploadToFileEngine(fileServerUrl, formData, callback) {
      const upload = checked(under(fileServerUrl, "api", "uploadFileStream"), { method: "POST", body: formData });
      void settle<unknown>(
        callback,
        upload.then((response) => response.json()),
        uploadFailure,
      );
    },
    setConversationData: (url, conversationId, data) =>
      checked(under(url, conversationId, "conversation-data"), {
        method: "POST",
        headers: JSON_HEADERS,
        body: JSON.stringify(data),
      }).catch(rethrow),
    getConversationData: (url, conversationId) => client().json("GET", under(url, conversationId, "conversation-data")),
    setConversationDataByCustomerIdentifier: (url, id, data, callback) =>
      tell(callback, client().json("POST", under(url, id, "conversation-data-by-identifier"), data)),
    getConversationDataByCustomerIdentifier: (url, id, callback) =>
      tell(callback, client().json("GET", under(url, "get", id))),
    authenticateRequest(authenticatorUrl, authData, callback) {
      const verified = client().json("POST", under(authenticatorUrl, "verifySecureLink"), authData);
      void settle(callback, verified.then(toAuthentication), toRefusal);
    },
    getBrowserInfo(apiKey, callback) {
      const url = `https://api.ipdata.co?api-key=${encodeURIComponent(apiKey)}`;
      void tell(
        callback,
        send(url, { method: "POST" }).then((response) => response.json()),
      );
    },
    callbackRequest: (url, payload, callback) => void tell(callback, client().json("POST", url, payload)),
    getCalendarId: (ccmUrl, serviceIdentifier, callback) =>
      get(under(ccmUrl, "channels", "service-identifier", serviceIdentifier), callback),
    getCalendarEvents(calendarId, calendarUrl, startTime, endTime, callback) {
      const query = new URLSearchParams({ calendarId, startTime, endTime });
      get(`${under(calendarUrl, "calendars", "events")}?${query.toString()}`, callback);
    },
    webhookNotifications(webhookUrl, additionalData, data) {
      const { agent_url: agentUrl, icon } = record(additionalData);
      const card = webhookCard({ agentUrl: text(agentUrl), iconUrl: text(icon) }, record(data));
      // Another host's: it gets no token of ours.
      new CxRest({ ...(options.fetch && { fetch: options.fetch }) }).text("POST", webhookUrl, card).catch(report);
    },
    getFileURL(fileUrl, callback) {
      const read = client().blob(fileUrl);
      void settle<string | null>(
        callback,
        read.then((blob) => URL.createObjectURL(blob)),
        () => null,
      );
    },
    pushFormDataAsActivity(url, payload, callback) {
      void settle(callback, client().text("POST", url, payload).then(parseIfJson), activityFailure);
    },
    authorizedFetch,
  };
}

function toChatError(error: unknown): ChatError {
  return ChatError.from(error, "unreachable", "The service could not be reached.", {
    remedy: "Check the network, the address and, in a page, that the service allows it (CORS).",
  });
}

function rethrow(error: unknown): never {
  throw toChatError(error);
}

function statusOf({ info }: ChatError): number {
  return Number(/^rest\/(\d+)$/.exec(info.vendor?.code ?? "")?.[1] ?? 0);
}

/** The vendor's shape (4.9.3), with both of its spellings; a file is only blamed for what is the file's. */
function uploadFailure(thrown: unknown): object {
  const error = toChatError(thrown);
  const statusCode = statusOf(error);
  const isFileInvalid = statusCode === 400 || statusCode === 413 || statusCode === 415;
  const { message } = error;
  return { error, errorDetails: error, isFileInvalid, errorMessage: message, errorMesage: message, statusCode };
}

function activityFailure(thrown: unknown): object {
  const error = toChatError(thrown);
  return { error: true, status: statusOf(error), message: error.message };
}

/** A 200 may still say no, in its body. */
function toAuthentication(data: unknown): object {
  const { reasonCode, message } = record(data);
  if (reasonCode !== undefined && message !== undefined)
    return { status: 400, error: true, data, message: "Something went wrong!!" };
  return { status: 200, error: false, data, message: "Authentication Successful!!!" };
}

function toRefusal(thrown: unknown): object {
  const error = toChatError(thrown);
  const status = statusOf(error);
  const messages: Readonly<Record<number, string | undefined>> = {
    400: "400 Bad Request",
    500: "500 Internal Server Error",
  };
  return { status, error: true, message: messages[status] ?? "Network response was not ok", cause: error };
}

function parseIfJson(answer: string): unknown {
  try {
    return JSON.parse(answer) as unknown;
  } catch {
    return answer;
  }
}
