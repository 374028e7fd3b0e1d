/** Every text of the panel. */
export interface PanelStrings {
  open: string;
  close: string;
  title: string;
  name: string;
  email: string;
  phone: string;
  start: string;
  connecting: string;
  reconnecting: string;
  waiting: string;
  message: string;
  send: string;
  attach: string;
  end: string;
  ended: string;
  you: string;
  system: string;
  unverified: string;
  typing: string;
  rate: string;
  comment: string;
  submit: string;
  skip: string;
  thanks: string;
  openForm: string;
}

const en: PanelStrings = {
  open: "Open chat",
  close: "Close chat",
  title: "Chat with us",
  name: "Name",
  email: "Email",
  phone: "Phone",
  start: "Start chat",
  connecting: "Connecting …",
  reconnecting: "Connection lost. Reconnecting … Please check your network.",
  waiting: "You are connected. Somebody will be with you shortly.",
  message: "Message",
  send: "Send",
  attach: "Attach a file",
  end: "End chat",
  ended: "The chat has ended.",
  you: "You",
  system: "Notice",
  unverified: "not verified",
  typing: "is typing …",
  rate: "How was this chat?",
  comment: "Comment (optional)",
  submit: "Send rating",
  skip: "Skip",
  thanks: "Thank you for your rating.",
  openForm: "Open the rating form",
};

const hi: PanelStrings = {
  open: "चैट खोलें",
  close: "चैट बंद करें",
  title: "हमसे चैट करें",
  name: "नाम",
  email: "ईमेल",
  phone: "फ़ोन",
  start: "चैट शुरू करें",
  connecting: "कनेक्ट हो रहा है …",
  reconnecting: "कनेक्शन टूट गया। फिर से कनेक्ट हो रहा है … कृपया अपना नेटवर्क जाँचें।",
  waiting: "आप कनेक्ट हो गए हैं। कोई शीघ्र ही आपसे बात करेगा।",
  message: "संदेश",
  send: "भेजें",
  attach: "फ़ाइल जोड़ें",
  end: "चैट समाप्त करें",
  ended: "चैट समाप्त हो गई है।",
  you: "आप",
  system: "सूचना",
  unverified: "सत्यापित नहीं",
  typing: "लिख रहे हैं …",
  rate: "यह चैट कैसी रही?",
  comment: "टिप्पणी (वैकल्पिक)",
  submit: "रेटिंग भेजें",
  skip: "छोड़ें",
  thanks: "आपकी रेटिंग के लिए धन्यवाद।",
  openForm: "रेटिंग फ़ॉर्म खोलें",
};

const CATALOGUE: Readonly<Record<string, PanelStrings | undefined>> = { en, hi };

/** The texts of a language; English where there is no translation. */
export function stringsFor(locale: string): PanelStrings {
  return CATALOGUE[locale.split(/[-_]/)[0]?.toLowerCase() ?? ""] ?? en;
}
