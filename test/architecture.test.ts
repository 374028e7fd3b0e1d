import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { functionLengths, importsOf, publicNames, ROOT, sourceFiles } from "./support/source-files.ts";

/** Who may import what, by folder: the first rule whose `in` fits a file counts. */
const RULES: { in: string; may: string[]; because: string }[] = [
  { in: "src/transport/", may: ["src/transport/"], because: "the contract imports nothing" },
  {
    in: "src/kit/rich-body.ts",
    may: ["src/transport/", "valibot"],
    because: "one schema of rich messages for everybody who reads them back",
  },
  { in: "src/kit/", may: ["src/kit/", "src/transport/", "mitt"], because: "helpers know only the contract" },
  { in: "src/session/", may: ["src/session/", "src/transport/", "src/kit/"], because: "the session is vendor-blind" },
  {
    in: "src/tabs/",
    may: ["src/tabs/", "src/transport/", "src/kit/"],
    because: "sharing knows no vendor and no session",
  },
  { in: "src/csat/", may: ["src/csat/", "src/transport/", "src/kit/"], because: "rating is a port of its own" },
  {
    in: "src/exochat/vendor/",
    may: ["src/", "adapters/xmpp-muc/", "adapters/exotel/"],
    because: "the composition root of ./exochat: here it meets its adapters",
  },
  {
    in: "src/exochat/",
    may: ["src/exochat/", "src/session/", "src/csat/", "src/transport/", "src/kit/"],
    because: "the facade reaches its vendor through ports only",
  },
  {
    in: "src/pre-chat/",
    may: ["src/pre-chat/", "src/transport/"],
    because: "the form before a chat is a port: it knows the contract only",
  },
  {
    in: "src/agent/agent-transport.ts",
    may: ["src/transport/"],
    because: "a role's contract knows only the contract of a conversation",
  },
  { in: "src/bot/bot-transport.ts", may: ["src/transport/"], because: "as the agent's" },
  { in: "src/connector/connector-transport.ts", may: ["src/transport/"], because: "as the agent's" },
  {
    in: "src/agent/",
    may: ["src/agent/", "src/session/", "src/transport/", "src/kit/"],
    because: "an agent's conversations are the session's, and vendor-blind",
  },
  {
    in: "src/bot/",
    may: ["src/bot/", "src/session/", "src/transport/", "src/kit/"],
    because: "a bot's conversations are the session's, and vendor-blind",
  },
  {
    in: "src/connector/",
    may: ["src/connector/", "src/session/", "src/transport/", "src/kit/"],
    because: "a connector's conversations are the session's, and vendor-blind",
  },
  {
    in: "src/index.ts",
    may: ["src/session/", "src/csat/", "src/pre-chat/", "src/transport/", "src/kit/"],
    because: "no vendor in the public surface",
  },
  {
    in: "adapters/memory/agent/",
    may: ["adapters/memory/", "src/agent/agent-transport.ts", "src/transport/", "src/kit/", "valibot"],
    because: "an adapter's agent side also knows the agents' contract, and nothing of the desk",
  },
  {
    in: "adapters/memory/",
    may: ["adapters/memory/", "src/transport/", "src/kit/", "valibot"],
    because: "adapters import only the contract",
  },
  {
    in: "adapters/xmpp-muc/agent/",
    may: ["adapters/xmpp-muc/", "src/agent/agent-transport.ts", "src/transport/", "src/kit/"],
    because: "as the memory agent's",
  },
  {
    in: "adapters/xmpp-muc/",
    may: ["adapters/xmpp-muc/", "src/transport/", "src/kit/", "@xmpp/", "valibot"],
    because: "adapters import only the contract and their vendor library",
  },
  {
    in: "adapters/socket-io/",
    may: ["adapters/socket-io/", "src/transport/", "src/kit/"],
    because: "the way to a socket.io server, for every adapter that needs one; the library is handed in",
  },
  {
    in: "adapters/expertflow-cx/",
    may: [
      "adapters/expertflow-cx/",
      "adapters/socket-io/",
      "src/transport/",
      "src/kit/",
      "src/csat/feedback.ts",
      "src/pre-chat/pre-chat-form.ts",
      "socket.io-client",
    ],
    because: "adapters import only the contract, the ports that they serve, and their vendor library",
  },
  {
    in: "adapters/expertflow-chat/",
    may: [
      "adapters/expertflow-chat/",
      "adapters/socket-io/",
      "src/transport/",
      "src/kit/",
      "src/agent/agent-transport.ts",
      "src/bot/bot-transport.ts",
      "src/connector/connector-transport.ts",
      "socket.io-client",
    ],
    because: "adapters import only the contracts that they serve, and their vendor library",
  },
  {
    in: "adapters/exotel/",
    may: ["adapters/exotel/", "src/transport/", "src/kit/", "valibot"],
    because: "adapters never import each other",
  },
];

/** What each entry of the package exports; `test/api/<name>.txt` is reviewed in diffs. */
const ENTRIES: Record<string, string> = {
  index: "src/index.ts",
  exochat: "src/exochat/index.ts",
  expertflow: "adapters/expertflow-cx/dropin/index.ts",
  tabs: "src/tabs/index.ts",
  agent: "src/agent/index.ts",
  bot: "src/bot/index.ts",
  connector: "src/connector/index.ts",
  contract: "test/contract/index.ts",
  "adapters-memory": "adapters/memory/index.ts",
  "adapters-memory-agent": "adapters/memory/agent/index.ts",
  "adapters-xmpp-muc": "adapters/xmpp-muc/index.ts",
  "adapters-xmpp-muc-agent": "adapters/xmpp-muc/agent/index.ts",
  "adapters-exotel": "adapters/exotel/index.ts",
  "adapters-expertflow-cx": "adapters/expertflow-cx/index.ts",
  "adapters-expertflow-chat": "adapters/expertflow-chat/index.ts",
  "adapters-expertflow-chat-agent": "adapters/expertflow-chat/agent/index.ts",
  "adapters-expertflow-chat-bot": "adapters/expertflow-chat/bot/index.ts",
  "adapters-expertflow-chat-connector": "adapters/expertflow-chat/connector/index.ts",
  sandbox: "sandbox/index.ts",
};

/** What belongs to those who serve customers. */
const STAFF = /^(src|adapters\/[^/]+)\/(agent|bot|connector)\//;

/** Entries for them, and for tests. */
function isForStaff(name: string): boolean {
  return /(^|-)(agent|bot|connector|contract|sandbox)$/.test(name);
}

const shipped = [...sourceFiles("src"), ...sourceFiles("adapters")];

describe("import rules", () => {
  it("cover every shipped file", () => {
    expect(
      shipped.filter(({ path }) => !RULES.some((rule) => path.startsWith(rule.in))).map(({ path }) => path),
    ).toEqual([]);
  });

  for (const rule of RULES) {
    it(`${rule.in}: ${rule.because}`, () => {
      const files = shipped.filter(({ path }) => RULES.find((other) => path.startsWith(other.in)) === rule);
      const broken = files.flatMap((file) =>
        importsOf(file)
          .filter((name) => !rule.may.some((prefix) => name === prefix || name.startsWith(prefix)))
          .map((name) => `${file.path} imports ${name}`),
      );
      expect(files.length).toBeGreaterThan(0);
      expect(broken).toEqual([]);
    });
  }

  it("keep agents, bots and connectors out of reach of what customers' pages load", () => {
    const byPath = new Map(shipped.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const visit = (path: string): void => {
      const file = byPath.get(path);
      if (!file || reached.has(path)) return;
      reached.add(path);
      for (const next of importsOf(file)) visit(next);
    };
    for (const [name, entry] of Object.entries(ENTRIES)) if (!isForStaff(name)) visit(entry);
    expect(reached.size).toBeGreaterThan(100);
    expect([...reached].filter((path) => STAFF.test(path))).toEqual([]);
  });

  it("keep the contract suite free of a test runner and of Node", () => {
    const suite = sourceFiles("test/contract/suite");
    expect(suite.flatMap(importsOf).filter((name) => name === "vitest" || name.startsWith("node:"))).toEqual([]);
    expect(suite.length).toBeGreaterThan(0);
  });

  it("keep servers out of what browsers load", () => {
    expect(shipped.flatMap(importsOf).filter((name) => /^(node:|ws$|hono|@hono|socket\.io$)/.test(name))).toEqual([]);
  });
});

describe("public names", () => {
  const names = publicNames(Object.values(ENTRIES));
  for (const [name, entry] of Object.entries(ENTRIES)) {
    it(`of ${entry} are those of test/api/${name}.txt`, async () => {
      await expect(`${(names.get(entry) ?? []).join("\n")}\n`).toMatchFileSnapshot(`./api/${name}.txt`);
    });
  }

  it("hold no vendor's word in the core", () => {
    const core = names.get(ENTRIES["index"] ?? "") ?? [];
    expect(core.length).toBeGreaterThan(0);
    expect(core.filter((name) => /xmpp|exo|exotel|bosh|muc|jid|stanza/i.test(name))).toEqual([]);
  });
});

describe("sizes", () => {
  it("prints the longest files and functions; a file over 400 lines says why at its top", () => {
    const files = shipped.map(({ path, text }) => ({ path, lines: text.split("\n").length, text }));
    const functions = shipped.flatMap(functionLengths).toSorted((a, b) => b.lines - a.lines);
    const longest = files.toSorted((a, b) => b.lines - a.lines);
    console.info(
      longest
        .slice(0, 8)
        .map(({ path, lines }) => `${lines} lines  ${path}`)
        .join("\n"),
    );
    console.info(
      functions
        .slice(0, 8)
        .map(({ path, name, lines }) => `${lines} lines  ${name}  ${path}`)
        .join("\n"),
    );
    const silent = longest.filter(({ lines, text }) => lines > 400 && !/^\/[/*][^]{0,200}Long because/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
    const median = functions[Math.floor(functions.length / 2)]?.lines ?? 0;
    expect(median).toBeLessThanOrEqual(12);
    expect(functions.filter(({ lines }) => lines > 40).length).toBeLessThan(functions.length / 10);
  });
});

describe("the package", () => {
  it("lists only entries that are tested here, and sources that exist", () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      exports: Record<string, unknown>;
    };
    const entries = Object.keys(exports)
      .filter((name) => name !== "./package.json")
      .map((name) => (name === "." ? "index" : name.slice(2).replaceAll("/", "-")));
    expect(entries.toSorted()).toEqual(Object.keys(ENTRIES).toSorted());
    expect(Object.values(ENTRIES).filter((entry) => !existsSync(join(ROOT, entry)))).toEqual([]);
  });

  it("keeps registry hosts out of the lock file", () => {
    expect(readFileSync(join(ROOT, "package-lock.json"), "utf8")).not.toMatch(/"resolved": "https?:/);
  });
});
