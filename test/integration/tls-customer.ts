import { createExoChat, type MessageObject } from "../../src/exochat/index.ts";
import { JANE } from "./headless-customer.ts";

// Run by `bosh-tls.test.ts` in a process of its own: which authorities are trusted is decided when Node starts.

const exoChat = createExoChat();
const answered = new Promise<MessageObject>((resolve) => {
  exoChat.on("messageReceived", (message) => {
    if (message.sender === "agent" && message.body !== undefined) resolve(message);
  });
});
exoChat.initialize(JSON.parse(process.argv[2] ?? "{}") as Record<string, unknown>);
const room = await exoChat.startChat(JANE);
await exoChat.sendMessage(room.jid, "Over TLS", null, null);
const { body } = await answered;
const url = await exoChat.uploadFileToConverse(new File(["x"], "a.txt", { type: "text/plain" }));
process.stdout.write(JSON.stringify({ body, status: exoChat.getUserStatus(), uploaded: url !== null }));
await exoChat.dispose();
