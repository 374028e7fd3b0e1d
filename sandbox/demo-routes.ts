import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import type { HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { packageRoot } from "./support/asset-path.ts";

const MEDIA_TYPES: Record<string, string | undefined> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".map": "application/json",
};

/**
 * Serves the demo's pages: the folder `sandbox/demo` at the root, `dist` under `/dist/`, and `/config.json` with what the
 * pages need to know. Add it after all other routes.
 */
export function addDemoRoutes(app: Hono<{ Bindings: HttpBindings }>, config: () => Promise<unknown>): void {
  const root = packageRoot();
  app.get("/config.json", async (context) =>
    context.body(JSON.stringify(await config()), 200, {
      "content-type": "application/json",
      "cache-control": "no-store",
    }),
  );
  app.get("/dist/*", (context) => sendFile(join(root, "dist"), context.req.path.slice("/dist/".length)));
  app.get("/*", (context) => sendFile(join(root, "sandbox", "demo"), context.req.path.slice(1)));
}

async function sendFile(folder: string, name: string): Promise<Response> {
  const wanted = name === "" || name.endsWith("/") ? `${name}index.html` : name;
  let path: string;
  try {
    path = normalize(join(folder, decodeURIComponent(wanted)));
  } catch {
    return notFound();
  }
  if (!path.startsWith(folder + sep)) return notFound();
  try {
    const headers = {
      "content-type": MEDIA_TYPES[extname(path)] ?? "application/octet-stream",
      "cache-control": "no-store",
    };
    return new Response(new Uint8Array(await readFile(path)), { headers });
  } catch {
    return notFound();
  }
}

function notFound(): Response {
  return new Response("Not found", { status: 404 });
}
