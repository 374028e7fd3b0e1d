// One chat in the terminal for either vendor: which one is a word on the command line, and one line of code.
//
//   EXOTEL_TOKEN='RestrictedToken …' npx tsx examples/vendor-switch/vendor-switch.ts exotel https://omni.example:4440 https://omni.example:4442/http-bind/
//   npx tsx examples/vendor-switch/vendor-switch.ts expertflow-cx https://cx.example/web-channel-manager 1218
import { createInterface } from "node:readline";
import { ChatError, createChatSession, type ChatMessage, type ChatTransport } from "switchboard-chat";
import { exotel } from "switchboard-chat/adapters/exotel";
import { expertflowCx } from "switchboard-chat/adapters/expertflow-cx";
import { xmppMuc } from "switchboard-chat/adapters/xmpp-muc";

function transportFor([vendor, address = "", more = ""]: string[]): ChatTransport {
  if (vendor === "expertflow-cx") {
    const channelCustomerIdentifier = `terminal-${process.pid}-${Date.now()}`;
    return expertflowCx({ socketUrl: address, serviceIdentifier: more, channelCustomerIdentifier });
  }
  if (vendor === "exotel") {
    const authToken = process.env["EXOTEL_TOKEN"] ?? "";
    const tenant = { contactCenterId: 1, campaignId: 1, nodeflowId: 5, processId: 4 };
    const provision = exotel({ chatServiceUrl: address, cmsServiceUrl: address, authToken, ...tenant });
    return xmppMuc({ boshUrl: more, provision });
  }
  throw new ChatError("invalid-argument", `There is no vendor ${vendor}.`, {
    remedy: "vendor-switch.ts exotel <REST address> <BOSH address> | expertflow-cx <socket address> <service>",
  });
}

/** The last choices that somebody offered; a number picks one. */
let choices: { id: string; title: string }[] = [];

function show({ from, body }: ChatMessage): void {
  console.log(`${from.isSelf ? "you" : from.name}: ${"text" in body ? body.text : `[${body.kind}]`}`);
  if (body.kind !== "choices") return;
  ({ choices } = body);
  choices.forEach(({ title }, index) => console.log(`  ${index + 1}) ${title}`));
}

function fail(error: unknown): never {
  console.error(ChatError.isInstance(error) ? [error.message, error.info.remedy].filter(Boolean).join("\n") : error);
  process.exit(1);
}

process.on("uncaughtException", fail);
const session = createChatSession(transportFor(process.argv.slice(2)));
session.on("message", show);
session.on("participant", ({ change, participant }) => console.log(`* ${participant.name} ${change}`));
session.on("state", ({ current }) => console.log(`* ${current.status}`));
session.on("ended", ({ by }) => console.log(`* ended by the ${by}`));

await session.start({ customer: { name: "Jane", email: "jane@example.com", phone: "+15550100200" } }).catch(fail);

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "/quit") break;
  const picked = choices[Number(line) - 1];
  const said = picked
    ? session.send({ kind: "text", text: picked.title, answer: { to: "choice", id: picked.id } })
    : session.send(line);
  said.accepted.catch((error: unknown) => console.error(String(error)));
}
await session.end();
// An open pipe would keep the process waiting for more.
process.stdin.destroy();
