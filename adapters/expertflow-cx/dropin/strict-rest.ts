import { under } from "../../../src/kit/json-rest.ts";
import type { ExpertflowAnswer, ExpertflowOptions } from "./api.ts";
import type { RestFunctions } from "./rest-functions.ts";

/** The functions whose failures an application may have been written around. */
type StrictFunctions = Pick<
  RestFunctions,
  | "widgetConfigs"
  | "getPreChatForm"
  | "formValidation"
  | "uploadToFileEngine"
  | "setConversationData"
  | "setConversationDataByCustomerIdentifier"
  | "getConversationDataByCustomerIdentifier"
  | "callbackRequest"
  | "getCalendarId"
  | "getCalendarEvents"
>;

/**
 * As SDK 3.0.0 behaved (`index.js` 11-42, 321-370, 531-546): statuses unread, callbacks that never come, or come three
 * times. Nothing is written to a console, and no rejection is left unhandled.
 */
export function strictRest(
  { onError }: ExpertflowOptions,
  authorizedFetch: RestFunctions["authorizedFetch"],
): StrictFunctions {
  function report(error: unknown): void {
    onError?.(error instanceof Error ? error : new Error("A request failed."));
  }

  /** Hands over whatever JSON came, whatever the status. Without JSON: what `otherwise` makes of it, or nothing at all. */
  async function hand(
    callback: ExpertflowAnswer,
    request: Promise<Response>,
    otherwise?: (error: unknown) => unknown,
  ): Promise<void> {
    try {
      const answer: unknown = await request.then((response) => response.json()).catch(otherwise);
      callback(answer);
    } catch (error) {
      report(error);
    }
  }

  const get = (url: string, callback: ExpertflowAnswer): void => void hand(callback, authorizedFetch(url));

  const json = (data: unknown): RequestInit => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(data),
  });

  return {
    widgetConfigs: (ccmUrl, id, callback) => get(under(ccmUrl, "widget-configs", id), callback),
    getPreChatForm: (formUrl, id, callback) => get(under(formUrl, "forms", id), callback),
    formValidation: (formUrl, callback) => get(under(formUrl, "formValidation"), callback),
    getCalendarId: (ccmUrl, id, callback) => get(under(ccmUrl, "channels", "service-identifier", id), callback),
    getCalendarEvents(calendarId, calendarUrl, startTime, endTime, callback) {
      const query = `?&calendarId=${calendarId}&startTime=${startTime}&endTime=${endTime}`;
      get(`${under(calendarUrl, "calendars", "events")}${query}`, callback);
    },
    uploadToFileEngine(fileServerUrl, formData, callback) {
      const request = authorizedFetch(under(fileServerUrl, "api", "uploadFileStream"), {
        method: "POST",
        body: formData,
      });
      void hand(callback, request, (error) => ({
        error,
        isFileInvalid: true,
        errorMesage: "The file name must not contain special characters.",
      }));
    },
    setConversationData: (url, id, data) => authorizedFetch(under(url, id, "conversation-data"), json(data)),
    async setConversationDataByCustomerIdentifier(url, id, data, callback) {
      try {
        const response = await authorizedFetch(under(url, id, "conversation-data-by-identifier"), json(data));
        if (response.status === 403) callback(response);
        if (!response.ok) callback(response);
        callback(await response.json());
      } catch (error) {
        callback(error);
      }
    },
    async getConversationDataByCustomerIdentifier(url, id, callback) {
      try {
        const headers = { "Content-Type": "application/json" };
        const response = await authorizedFetch(under(url, "get", id), { headers });
        callback(response.ok ? await response.json() : response);
      } catch (error) {
        callback(error);
      }
    },
    callbackRequest(url, payload, callback) {
      void hand(callback, authorizedFetch(url, json(payload)), (error) => error);
    },
  };
}
