// An SMS channel for Expertflow Chat Solution, between an SMS gateway that speaks HTTP and the chat server.
//
//   npx tsx examples/sms-connector/sms-connector.ts <chat server> <gateway's address> <own port> <journal folder>
//
// Campaign messages and agents' words go out by `POST <gateway>` {messageId, to, text}. What customers write comes in by
// `POST http://127.0.0.1:<own port>` {id, from, text} and is answered 200 once it is on the disk: a gateway repeats what is not.
import { createServer } from "node:http";
import { expertflowChatConnector } from "switchboard-chat/adapters/expertflow-chat/connector";
import { createConnector } from "switchboard-chat/connector";
import { fileJournal } from "./file-journal.ts";

const [url = "", gateway = "", port = "0", folder = "sms-journal"] = process.argv.slice(2);

const connector = createConnector({
  id: "sms",
  name: "SMS",
  channel: "sms",
  journal: await fileJournal(folder),
  transport: expertflowChatConnector({ url, acknowledgements: true }),
  async deliver({ messageId, destination, text }, { signal }) {
    const body = JSON.stringify({ messageId, to: destination, text });
    const answer = await fetch(gateway, { method: "POST", body, ...(signal && { signal }) });
    if (!answer.ok) throw new Error(`The gateway answered ${answer.status}.`);
  },
  // One line of JSON for each thing that happened: whoever runs this can follow it.
  onReport: (report) => console.log(JSON.stringify(report)),
});

/** What the gateway posts. */
interface Incoming {
  id: string;
  from: string;
  text: string;
}

function isIncoming(value: unknown): value is Incoming {
  return typeof value === "object" && value !== null && "id" in value && "from" in value && "text" in value;
}

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk: string) => (body += chunk));
  request.on("end", () => {
    const sms: unknown = JSON.parse(body || "null");
    if (!isIncoming(sms)) {
      response.writeHead(400).end();
      return;
    }
    connector
      .receive({ refId: sms.from, name: sms.from }, { id: sms.id, text: sms.text })
      .then(() => response.writeHead(200).end())
      .catch(() => response.writeHead(503).end());
  });
});

await connector.start();
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  console.log(JSON.stringify({ kind: "ready", port: typeof address === "object" ? address?.port : undefined }));
});
process.on("SIGTERM", () => {
  server.close();
  void connector.close().then(() => process.exit(0));
});
