// Writes THIRD-PARTY-NOTICES.md: the licences of what the build put inside the published files. Build first.
import { format } from "prettier";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const maps = readdirSync("dist", { recursive: true }).filter((file) => file.endsWith(".map"));
const sources = maps.flatMap((map) => JSON.parse(readFileSync(`dist/${map}`, "utf8")).sources);
/** Folders of the packages. One may lie inside another: two versions of a package are two. */
const bundled = new Set(
  sources
    .flatMap((source) => source.match(/node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/)?.[0] ?? [])
    .toSorted(),
);

const sections = [...bundled].map((folder) => {
  const { name, version, license, homepage } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, "utf8").trim() : "";
  const body = text === "" ? "" : `\n\n\`\`\`text\n${text}\n\`\`\``;
  return `## ${name} ${version}\n\n${license}${homepage ? `, <${homepage}>` : ""}${body}`;
});

const text = `# Third-party notices\n\nThe scripts in \`dist\` and the sandbox hold code of these packages.\n\n${sections.join("\n\n")}\n`;
writeFileSync("THIRD-PARTY-NOTICES.md", await format(text, { parser: "markdown" }));
