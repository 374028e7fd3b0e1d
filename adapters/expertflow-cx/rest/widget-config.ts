import { record, text, type Fields } from "../../../src/kit/read.ts";

/** How a widget of this business is set up (OM `CustomerWidgetConfig`). */
export interface CxWidgetConfig {
  id: string;
  widgetIdentifier: string;
  title: string;
  subTitle: string;
  /** A colour (a theme's name before OM 1.8.7). */
  theme: string;
  /** BCP 47; `""` where none is set. */
  language: string;
  /** The pre-chat form's id; `""` for none. */
  form: string;
  enableFontResize: boolean;
  enableEmoji: boolean;
  enableFileTransfer: boolean;
  enableDynamicLink: boolean;
  enableDownloadTranscript: boolean;
  /** Presumably seconds; nothing of the vendor's reads it. A hint, never a command. */
  customerReconnectTime: number | undefined;
  /** Call-back requests; absent when they are off. */
  callback: { url: string; campaignId: number; allowDuplicate: string; formId: string } | undefined;
  /** Told of new chats; absent when off. A secret: whoever has it can post there. */
  webhookUrl: string | undefined;
  /** Customer calls; absent when off. Holds a password. */
  webRtc: Fields | undefined;
  /** Values of 5.x (`AUTO_MAXIMIZE_WIDGET`, …), by key. */
  values: ReadonlyMap<string, unknown>;
  /** The whole answer. */
  raw: unknown;
}

/** Reads what `GET {ccmUrl}/widget-configs/{id}` answers. */
export function decodeWidgetConfig(raw: unknown): CxWidgetConfig {
  const config = record(raw);
  const flag = (key: string): boolean => config[key] === true;
  const [callback, webhook, webRtc] = [config["callback"], config["webhook"], config["webRtc"]].map(record);
  const reconnect = config["customerReconnectTime"];
  const values = Array.isArray(config["additionalValues"]) ? config["additionalValues"].map(record) : [];
  return {
    id: text(config["id"]),
    widgetIdentifier: text(config["widgetIdentifier"]),
    title: text(config["title"]),
    subTitle: text(config["subTitle"]),
    theme: text(config["theme"]),
    language: text(record(config["language"])["code"]),
    form: text(config["form"]),
    enableFontResize: flag("enableFontResize"),
    enableEmoji: flag("enableEmoji"),
    enableFileTransfer: flag("enableFileTransfer"),
    enableDynamicLink: flag("enableDynamicLink"),
    enableDownloadTranscript: flag("enableDownloadTranscript"),
    customerReconnectTime: typeof reconnect === "number" ? reconnect : undefined,
    callback: callback?.["enableCallback"] === true ? decodeCallback(callback) : undefined,
    webhookUrl: webhook?.["enableWebhook"] === true ? text(webhook["webhookUrl"]) || undefined : undefined,
    webRtc: webRtc?.["enableWebRtc"] === true ? webRtc : undefined,
    values: new Map(values.map(({ key, value }) => [text(key), value])),
    raw,
  };
}

function decodeCallback(callback: Fields): NonNullable<CxWidgetConfig["callback"]> {
  return {
    url: text(callback["callbackUrl"]),
    campaignId: Number(callback["campaignId"]) || 0,
    allowDuplicate: text(callback["allowDuplicate"]),
    formId: text(callback["callBackForm"]),
  };
}
