import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";

/** A tab of {@link RawChromium}. */
export interface RawTab {
  /** What a script of the page comes to, as JSON can say it. */
  evaluate(script: string): Promise<unknown>;
  command(method: string, params?: object): Promise<unknown>;
  /** Brings it before the others, which are hidden then. */
  activate(): Promise<void>;
}

/** Chromium without Playwright, which keeps every page visible and its timers untouched. */
export interface RawChromium {
  newTab(url: string): Promise<RawTab>;
  close(): Promise<void>;
}

type Answer = { result?: Record<string, unknown>; error?: { message: string } };

/** Starts one with a profile of its own. */
export async function startRawChromium(): Promise<RawChromium> {
  const profile = await mkdtemp(join(tmpdir(), "chromium-"));
  const flags = ["--headless=new", "--no-sandbox", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
  const child = spawn(process.env["CHROMIUM"] ?? "/usr/bin/chromium", [...flags, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (data: Buffer) => {
      said += data.toString();
      const [, address] = /listening on (ws:\S+)/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.once("exit", () => reject(new Error(said)));
  });
  const socket = new WebSocket(url);
  await once(socket, "open");
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on("message", (data: Buffer) => {
    const { id, ...answer } = JSON.parse(data.toString()) as Answer & { id?: number };
    if (id !== undefined) waiting.get(id)?.(answer);
  });
  let count = 0;
  const command = async (method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> => {
    const id = ++count;
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
    if (!answer.result) throw new Error(`${method}: ${answer.error?.message}`);
    return answer.result;
  };
  return {
    async newTab(address) {
      const { targetId } = await command("Target.createTarget", { url: address });
      const { sessionId } = await command("Target.attachToTarget", { targetId, flatten: true });
      const inTab = (method: string, params?: object): Promise<Record<string, unknown>> =>
        command(method, params, String(sessionId));
      return {
        command: inTab,
        async evaluate(expression) {
          const answer = await inTab("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
          return (answer["result"] as { value?: unknown }).value;
        },
        activate: async () => void (await command("Target.activateTarget", { targetId })),
      };
    },
    async close() {
      const gone = once(child, "exit");
      await command("Browser.close");
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
