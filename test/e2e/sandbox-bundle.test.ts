import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, it } from "vitest";
import type * as Sandbox from "../../sandbox/index.ts";
import { ROOT } from "../support/source-files.ts";
import { Cast, chatMessage, stamps } from "../integration/chat-solution-raw.ts";
import { buildIfStale } from "./build-if-stale.ts";

let built: typeof Sandbox;

beforeAll(async () => {
  await buildIfStale();
  built = (await import(/* @vite-ignore */ pathToFileURL(join(ROOT, "dist/sandbox.js")).href)) as typeof Sandbox;
});

it.each([
  [2, "polling"],
  [2, "websocket"],
  [4, "polling"],
  [4, "websocket"],
] as const)("the built Chat Solution on socket.io %i talks over %s, and writes a PDF", async (version, transport) => {
  const sandbox = await built.startChatSolutionSandbox({ socketIo: version, bot: true });
  const cast = new Cast(sandbox, { version, transports: [transport] });
  const customer = await cast.customer();
  customer.emit("sendMessage", chatMessage(customer.begun, "Which plans are there? ✓ é"));
  await expect
    .poll(() => customer.texts())
    .toEqual(["Which plans are there? ✓ é", "There are three plans: S, M and L."]);
  const { conversationId } = customer.begun;
  customer.emit("endConversation", { conversationId, ...stamps() });
  await expect.poll(() => customer.activities("endOfConversation").length).toBe(1);
  const pdf = await fetch(`${sandbox.url}/api/customer/transcript/${conversationId}/pdf`);
  const text = Buffer.from(await pdf.arrayBuffer()).toString();
  expect(text.slice(0, 5)).toBe("%PDF-");
  expect(text).toContain("Which plans are there? ✓ é");
  cast.closeAll();
  await sandbox.stop();
});
