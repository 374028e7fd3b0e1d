// Writes THIRD-PARTY-NOTICES.md: the licences of what is inside the published scripts and the sandbox.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const BUNDLED = [
  "@hono/node-server",
  "@xmpp/base64",
  "@xmpp/client",
  "@xmpp/client-core",
  "@xmpp/connection",
  "@xmpp/error",
];
BUNDLED.push(
  "@xmpp/events",
  "@xmpp/id",
  "@xmpp/jid",
  "@xmpp/websocket",
  "@xmpp/xml",
  "events",
  "hono",
  "ltx",
  "mitt",
  "valibot",
);

const sections = BUNDLED.map((name) => {
  const folder = `node_modules/${name}`;
  const { version, license, homepage } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, "utf8").trim() : "";
  const body = text === "" ? "" : `\n\n\`\`\`text\n${text}\n\`\`\``;
  return `## ${name} ${version}\n\n${license}${homepage ? `, <${homepage}>` : ""}${body}`;
});

writeFileSync(
  "THIRD-PARTY-NOTICES.md",
  `# Third-party notices\n\nThe scripts in \`dist\` and the sandbox hold code of these packages.\n\n${sections.join("\n\n")}\n`,
);
