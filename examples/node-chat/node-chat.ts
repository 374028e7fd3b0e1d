// A chat in the terminal, over BOSH, in a room of any XMPP server.
//
//   CHAT_PASSWORD=… npx tsx examples/node-chat/node-chat.ts https://chat.example/http-bind/ jane@chat.example room@conference.chat.example
import { createInterface } from "node:readline";
import { ChatError, createChatSession } from "switchboard-chat";
import { createXmppConnection, createXmppRoom } from "switchboard-chat/adapters/xmpp-muc";

const [boshUrl, account, room] = process.argv.slice(2);
const password = process.env["CHAT_PASSWORD"];
if (boshUrl === undefined || account === undefined || room === undefined || password === undefined) {
  console.error("Usage: CHAT_PASSWORD=… tsx node-chat.ts <BOSH address> <user@domain> <room@service>");
  process.exit(64);
}
const [username = "", domain = ""] = account.split("@");

const connection = createXmppConnection({
  boshUrl,
  domain,
  credentials: { username, password },
  closeWhenUnused: true,
});
const session = createChatSession(createXmppRoom({ link: connection, room }));

session.on("message", ({ from, body, sentAt }) => {
  const what = body.kind === "text" ? body.text : `[${body.kind}]`;
  console.log(`${sentAt.toLocaleTimeString()} ${from.isSelf ? "you" : from.name}: ${what}`);
});
session.on("participant", ({ change, participant }) => console.log(`* ${participant.name} ${change}`));
session.on("state", ({ current }) => console.log(`* ${current.status}`));
session.on("ended", ({ by }) => console.log(`* ended by the ${by}`));

try {
  await session.start({ customer: { name: username } });
} catch (error) {
  if (!ChatError.isInstance(error)) throw error;
  console.error(error.message);
  if (error.info.remedy !== undefined) console.error(error.info.remedy);
  process.exit(1);
}

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  if (line === "/quit") break;
  if (line !== "") session.send(line).accepted.catch((error: unknown) => console.error(String(error)));
}
await session.end();
// An open pipe would keep the process waiting for more.
process.stdin.destroy();
