// A CRM's page with the desk in it. It knows nothing of chats: what it shows of customers comes over the bridge.
import type { CrmCommand, CrmCustomer, CrmNotice } from "switchboard-chat/agent";
import { find, readConfig } from "./page.ts";

const ui = {
  desk: find("desk", HTMLIFrameElement),
  title: find("record-title", HTMLElement),
  record: find("record", HTMLElement),
  activities: find("activities", HTMLElement),
  notice: find("notice", HTMLElement),
};

function showRecord({ name, email, phone, channel, details }: CrmCustomer): void {
  ui.title.textContent = name;
  const rows = Object.entries({ email, phone, channel, ...details }).filter(([, value]) => value !== undefined);
  ui.record.replaceChildren(
    ...rows.flatMap(([key, value]) => {
      const term = document.createElement("dt");
      const detail = document.createElement("dd");
      term.textContent = key;
      detail.textContent = String(value);
      return [term, detail];
    }),
  );
}

function logActivity(text: string): void {
  const item = document.createElement("li");
  item.textContent = text;
  ui.activities.append(item);
}

function hear(notice: CrmNotice): void {
  if (notice.type === "desk")
    ui.notice.textContent = notice.agent ? `${notice.agent.name} is ${notice.ready ? "ready" : "not ready"}.` : "";
  if (notice.type === "request") ui.notice.textContent = `${notice.customer.name} is waiting.`;
  if (notice.type === "screen-pop") showRecord(notice.customer);
  if (notice.type === "log-activity")
    logActivity(`Chat with ${notice.customer.name}: ${notice.messages.fromCustomer} messages of the customer`);
  if (notice.type === "wrap-up")
    logActivity(`Wrap-up: ${notice.reason}${notice.note === undefined ? "" : `, ${notice.note}`}`);
}

const { deskUrl } = await readConfig();
const { origin: deskOrigin } = new URL(deskUrl);
addEventListener("message", ({ origin, source, data }: MessageEvent<unknown>) => {
  if (origin !== deskOrigin || source !== ui.desk.contentWindow) return;
  const notice = data as CrmNotice & { switchboard: 1 };
  const hello: CrmCommand & { switchboard: 1 } = { switchboard: 1, type: "hello" };
  if (notice.type === "listening") ui.desk.contentWindow?.postMessage(hello, deskOrigin);
  else hear(notice);
});
ui.desk.src = deskUrl;
