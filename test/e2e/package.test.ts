import { execFile, spawn } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/source-files.ts";
import { buildIfStale } from "./build-if-stale.ts";

const run = promisify(execFile);

let folder: string;
let installed: string;

/** The package as npm would publish it, unpacked beside its dependencies and nothing else. */
beforeAll(async () => {
  await buildIfStale();
  folder = await mkdtemp(join(tmpdir(), "switchboard-pack-"));
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: ROOT,
  });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  await run("tar", ["-xzf", join(folder, packed?.filename ?? ""), "-C", folder]);
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@xmpp"), { recursive: true });
  installed = join(modules, "switchboard-chat");
  await symlink(join(folder, "package"), installed);
  const { dependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) await symlink(join(ROOT, "node_modules", name), join(modules, name));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const ENTRIES = [
  "switchboard-chat",
  "switchboard-chat/exochat",
  "switchboard-chat/tabs",
  "switchboard-chat/agent",
  "switchboard-chat/bot",
  "switchboard-chat/connector",
  "switchboard-chat/contract",
  "switchboard-chat/adapters/memory",
  "switchboard-chat/adapters/xmpp-muc",
  "switchboard-chat/adapters/exotel",
  "switchboard-chat/adapters/expertflow-cx",
  "switchboard-chat/adapters/expertflow-chat",
  "switchboard-chat/adapters/expertflow-chat/agent",
  "switchboard-chat/adapters/expertflow-chat/bot",
  "switchboard-chat/adapters/expertflow-chat/connector",
  "switchboard-chat/expertflow",
  "switchboard-chat/sandbox",
];

describe("the published package", () => {
  it.each(ENTRIES)("%s can be imported in bare Node, sets no global and keeps nothing running", async (entry) => {
    const script = `
      const before = Object.getOwnPropertyNames(globalThis).sort().join();
      const names = Object.keys(await import(${JSON.stringify(entry)}));
      const after = Object.getOwnPropertyNames(globalThis).sort().join();
      console.log(JSON.stringify({ exports: names.length, same: before === after, busy: process.getActiveResourcesInfo().filter((each) => /Timer|Timeout|TCP|Server/.test(each)) }));
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ exports: expect.any(Number) as number, same: true, busy: [] });
  });

  it("loads no server library and no test runner before it is asked to", async () => {
    const texts = await Promise.all(
      [
        "index",
        "exochat",
        "tabs",
        "agent",
        "bot",
        "connector",
        "contract",
        "adapters/memory",
        "adapters/xmpp-muc",
        "adapters/exotel",
        "adapters/expertflow-cx",
        "adapters/expertflow-chat",
        "adapters/expertflow-chat/agent",
        "adapters/expertflow-chat/bot",
        "adapters/expertflow-chat/connector",
        "expertflow",
        "sandbox",
      ].map((name) => readFile(join(installed, "dist", `${name}.js`), "utf8")),
    );
    const imports = texts.flatMap((text) =>
      [...text.matchAll(/^import .*?from "([^"]+)"/gm)].map(([, name]) => name ?? ""),
    );
    expect(imports.length).toBeGreaterThan(0);
    expect(
      imports.filter((name) =>
        /^(ws|hono|@hono|socket\.io|socket\.io-client|vitest|playwright|@xmpp\/client)(\/|$)/.test(name),
      ),
    ).toEqual([]);
  });

  it("brings no server library, runs nothing at installation, and holds what the sandbox needs", async () => {
    const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
      scripts: Record<string, string>;
    };
    expect(
      Object.keys(manifest.dependencies).filter((name) => /hono|express|fastify|socket\.io$|^ws$/.test(name)),
    ).toEqual([]);
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
    await expect(readFile(join(installed, "sandbox", "prosody", "prosody.cfg.lua"), "utf8")).resolves.toContain("bosh");
  });

  it("defines window.exoChat and its aliases from the script, and nothing else", async () => {
    const script = `
      const { readFileSync } = await import("node:fs");
      const { runInThisContext } = await import("node:vm");
      const before = new Set(Object.getOwnPropertyNames(globalThis));
      runInThisContext(readFileSync("node_modules/switchboard-chat/dist/exochat.global.js", "utf8"));
      const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name)).sort();
      console.log(JSON.stringify({ added, one: exoChat === exochat && exoChat === ExoChat, start: typeof exoChat.startChat }));
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ added: ["ExoChat", "exoChat", "exochat"], one: true, start: "function" });
  });

  it("starts its sandbox from the command, and stops it", async () => {
    const child = spawn(process.execPath, [join(installed, "dist", "cli.js"), "sandbox", "--json"], { cwd: folder });
    const line = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (data: Buffer) => {
        text += data.toString();
        if (text.includes("\n")) resolve(text);
      });
      child.once("exit", () => reject(new Error("The sandbox ended before it was ready.")));
    });
    const { boshUrl } = JSON.parse(line) as { boshUrl: string };
    expect(boshUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await ended;
    await expect(fetch(boshUrl)).rejects.toThrow(TypeError);
  });
});
