import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "../support/source-files.ts";

/** A site whose pages run one script; `/elsewhere` does not. */
export interface TabsSite {
  origin: string;
  close(): Promise<void>;
}

/** Starts it on a free port. @param page the script, beside this file. */
export async function startTabsSite(page = "tabs-page.ts"): Promise<TabsSite> {
  const script = await bundle(page);
  const pages = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", `${isScript ? "text/javascript" : "text/html"}; charset=utf-8`);
    response.end(isScript ? script : html(request.url === "/elsewhere" ? "" : "<script src=/page.js></script>"));
  });
  await new Promise<void>((resolve) => void pages.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(pages.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        pages.close(() => resolve());
        pages.closeAllConnections();
      }),
  };
}

function html(body: string): string {
  return `<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="data:,">${body}</html>`;
}

async function bundle(page: string): Promise<string> {
  const shim = (name: string): string => join(ROOT, `scripts/shims/${name}.mjs`);
  const build = await rolldown({
    input: join(ROOT, "test/e2e", page),
    platform: "browser",
    resolve: { alias: { events: shim("events"), "@xmpp/jid": shim("jid") } },
    transform: { target: "es2022", define: { __VERSION__: '"test"', "process.env.NODE_ENV": '"production"' } },
  });
  const { output } = await build.generate({ format: "iife" });
  await build.close();
  return output[0].code;
}
