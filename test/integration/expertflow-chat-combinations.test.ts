import io2 from "socket.io-client-2";
import { afterEach, describe, expect, it } from "vitest";
import { expertflowChat } from "../../adapters/expertflow-chat/index.ts";
import { startChatSolutionSandbox, type ChatSolutionSandbox } from "../../sandbox/chat-solution/index.ts";
import { createChatSession, type ChatSession } from "../../src/index.ts";

/** Every combination of what the guides leave open and what a customer's client has to live with. */
const COMBINATIONS = [true, false].flatMap((echo) =>
  [true, false].flatMap((acknowledge) =>
    (["query", "body", "off"] as const).flatMap((pastMessages) =>
      (["strings", "arrays", "none"] as const).map((conversationInfo) => ({
        echo,
        acknowledge,
        pastMessages,
        conversationInfo,
      })),
    ),
  ),
);

/** On socket.io 2 those that differ on the wire: what is acknowledged, and what comes by itself. */
const ON_2 = COMBINATIONS.filter(({ pastMessages }) => pastMessages === "query").filter(
  ({ echo, conversationInfo }) => echo || conversationInfo !== "arrays",
);

let solution: ChatSolutionSandbox;
let session: ChatSession;

afterEach(async () => {
  await session.close();
  await solution.stop();
});

describe.each([2, 4] as const)("a session on socket.io %i", (socketIo) => {
  it.each(socketIo === 2 ? ON_2 : COMBINATIONS)(
    "echo $echo, acknowledge $acknowledge, past messages $pastMessages, info $conversationInfo: nothing is lost that can be known",
    async (switches) => {
      solution = await startChatSolutionSandbox({ socketIo, switches });
      const { centre } = solution;
      const { pastMessages } = switches;
      session = createChatSession(
        expertflowChat({
          url: solution.url,
          transports: ["websocket"],
          reconnect: { nextDelayMs: () => 0 },
          confirmAfterMs: 20,
          pastMessages: pastMessages === "off" ? false : pastMessages,
          ...(socketIo === 2 && { io: io2 }),
        }),
      );
      const heard: string[] = [];
      session.on("message", ({ from, body }) => {
        if (from.role === "agent" && "text" in body) heard.push(body.text);
      });
      await session.start({ customer: { name: "Ravi" } });
      centre.agentJoins();
      const knowsFate = switches.echo || switches.acknowledge || pastMessages !== "off";
      const first = session.send("one", { timeoutMs: 1_000 }).accepted.then(
        () => "accepted",
        (error: { code: string }) => error.code,
      );
      // Where nothing tells, nothing is pretended.
      expect(await first).toBe(knowsFate ? "accepted" : "unknown-outcome");
      centre.say("hello");
      await expect.poll(() => heard).toEqual(["hello"]);
      const away = new Promise<void>((resolve) => {
        session.on("state", ({ current }) => {
          if (current.status !== "reconnecting") return;
          centre.say("while you were away");
          resolve();
        });
      });
      solution.dropLinks();
      await away;
      await expect.poll(() => session.state.status).toBe("connected");
      centre.say("again");
      const repairs = pastMessages !== "off" || switches.conversationInfo !== "none";
      await expect.poll(() => heard.at(-1)).toBe("again");
      expect(heard).toEqual(repairs ? ["hello", "while you were away", "again"] : ["hello", "again"]);
      expect(centre.textsFrom(centre.conversation()?.customer.id ?? "")).toEqual(["one"]);
      centre.end();
      await expect.poll(() => session.state.status).toBe("closed");
      expect(centre.refused).toEqual([]);
    },
  );
});
