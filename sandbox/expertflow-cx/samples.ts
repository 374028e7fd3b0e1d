/** The widget's configuration (OM `CustomerWidgetConfig`, the sample of the SDK's README). */
export function sampleWidgetConfig(widgetIdentifier: string): Record<string, unknown> {
  return {
    id: "66f000000000000000000901",
    widgetIdentifier,
    theme: "#2889e9",
    title: "Demo",
    subTitle: "Support",
    enableFontResize: true,
    enableEmoji: true,
    enableFileTransfer: true,
    enableDynamicLink: true,
    enableDownloadTranscript: true,
    customerReconnectTime: 100,
    language: { code: "en", policy: null },
    form: "66f000000000000000fd0000",
    webRtc: null,
    callback: { enableCallback: false, callbackUrl: "", campaignId: 0, allowDuplicate: "", callBackForm: "" },
    webhook: { enableWebhook: false, webhookUrl: "" },
  };
}

interface Attribute {
  key: string;
  label: string;
  valueType: string;
  isRequired: boolean;
  values?: string[];
}

function attribute({ key, label, valueType, isRequired, values = [] }: Attribute): Record<string, unknown> {
  return {
    _id: `attribute-${key}`,
    key,
    label,
    helpText: "",
    attributeType: values.length > 0 ? "OPTIONS" : "INPUT",
    valueType,
    isRequired,
    attributeOptions: {
      enableCategory: false,
      enableStyle: false,
      attributeData: [
        {
          label: "",
          values: values.map((value) => ({ label: value, value, optionWeightage: null, optionStyle: null })),
        },
      ],
    },
  };
}

/** A form before the chat. */
export function samplePreChatForm(id: string): Record<string, unknown> {
  const attributes = [
    { key: "first_name", label: "Name", valueType: "shortAnswer", isRequired: true },
    { key: "phone", label: "Phone", valueType: "phoneNumber", isRequired: true },
    { key: "topic", label: "Topic", valueType: "dropdown", isRequired: false, values: ["Billing", "Delivery"] },
  ];
  return {
    id,
    formTitle: "Pre-chat",
    formDescription: "",
    formWeightage: null,
    enableWeightage: false,
    sections: [
      {
        _id: "section-1",
        sectionName: "Main",
        sectionDescription: "",
        sectionWeightage: null,
        attributes: attributes.map(attribute),
      },
    ],
  };
}

/** The regular expression of each type of field. */
export function sampleValidations(): { type: string; regex: string }[] {
  return [
    { type: "phoneNumber", regex: "^[+]?[0-9]{7,15}$" },
    { type: "email", regex: "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$" },
    { type: "shortAnswer", regex: "^.{0,100}$" },
  ];
}

/** A survey in the chat (5.x), as a bot sends it. */
export function sampleSurvey(): Record<string, unknown> {
  const stars = attribute({ key: "csat", label: "How did we do?", valueType: "5-star-rating", isRequired: true });
  const why = attribute({ key: "why", label: "Why?", valueType: "paragraph", isRequired: false });
  return {
    type: "FORM_DATA",
    formId: "66f000000000000000fd0001",
    formTitle: "Rate us",
    formDescription: "",
    additionalDetails: {
      status: "unfilled",
      disableInteraction: true,
      actionButtons: [
        { type: "control", text: "Cancel", action: "cancel" },
        { type: "control", text: "Send", action: "submit" },
      ],
    },
    sections: [
      {
        _id: "section-1",
        sectionName: "CSAT",
        sectionDescription: "",
        sectionWeightage: null,
        attributes: [stars, why],
      },
    ],
  };
}

/** Business hours from eight to eight, today and tomorrow (UTC), and yesterday's. */
export function sampleCalendar(calendarId: string): { events: Record<string, unknown>[] } {
  const day = 86_400_000;
  const midnight = Math.floor(Date.now() / day) * day;
  const at = (dayOffset: number, hour: number): string =>
    new Date(midnight + dayOffset * day + hour * 3_600_000).toISOString();
  return {
    events: [-1, 0, 1].map((offset) => ({
      id: `event-${offset}`,
      name: "Open",
      type: "BUSINESS_HOURS",
      startTime: at(offset, 0),
      endTime: null,
      shifts: [{ id: `shift-${offset}`, name: "Day", startTime: at(offset, 8), endTime: at(offset, 20) }],
      calendar: [calendarId],
      eventColor: "#2889e9",
    })),
  };
}
