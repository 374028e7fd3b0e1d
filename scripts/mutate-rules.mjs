// `node scripts/mutate-rules.mjs [word]`: takes each check of the security rules away, one at a time in a copy of the
// tree, and sees whether the tests that are named for it fail. A word limits it: `9` to rule 9, anything else to the
// mutations whose description has it. Not part of `npm test`: it runs servers and a browser many times over.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensurePackages } from "./run-step.mjs";
import { MUTATIONS } from "../test/security/mutations.mjs";

const ROOT = resolve(import.meta.dirname, "..");
const [word] = process.argv.slice(2);
const problems = [];
const copy = mkdtempSync(join(tmpdir(), "switchboard-mutations-"));

/** Vitest project of a test file. */
const projectOf = (file) =>
  file.startsWith("test/e2e") ? "e2e" : file.startsWith("test/unit") ? "unit" : "integration";

/** Runs the named tests in the copy. @returns every test that ran: its file, full name and status. */
async function run(tests) {
  const names = [...new Set(tests.map(({ name }) => name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)))];
  const files = [...new Set(tests.map(({ file }) => file))];
  const results = [];
  for (const project of new Set(files.map(projectOf))) {
    const report = join(copy, "report.json");
    rmSync(report, { force: true });
    const args = ["vitest", "run", "--project", project, ...files.filter((file) => projectOf(file) === project)];
    const child = spawn("npx", [...args, "-t", names.join("|"), "--reporter=json", `--outputFile=${report}`], {
      cwd: copy,
      stdio: "ignore",
    });
    await new Promise((done) => child.on("close", done));
    for (const suite of readReport(report)) {
      const file = suite.name.slice(copy.length + 1);
      if (suite.message !== "" && suite.assertionResults.every(({ status }) => status !== "failed"))
        results.push({ file, name: suite.message.slice(0, 300), status: "broken" });
      for (const { fullName, status } of suite.assertionResults) results.push({ file, name: fullName, status });
    }
  }
  return results;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch {
    return [];
  }
}

/** Applies the edits of a mutation; gives what puts the files back. */
function apply({ edits }) {
  const before = new Map();
  for (const { file, find, replace } of edits) {
    const path = join(copy, file);
    const text = readFileSync(path, "utf8");
    if (!before.has(path)) before.set(path, text);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return () => before.forEach((text, path) => writeFileSync(path, text));
}

/** The rows of the table of rules. */
function namedTests() {
  const table = readFileSync(join(ROOT, "test/CASES.md"), "utf8");
  return [...table.matchAll(/^\| (1?\d) [^ |][^|]*\| `([^`]+)` +\| `(.+)` +\|$/gm)].map(([, rule, file, name]) => ({
    rule: Number(rule),
    file,
    // What stands for a value in a table of cases is not in the name that ran.
    name: name.split("%s").at(-1).trim(),
  }));
}

/** Everything that can be wrong with the table itself. */
function checkTable() {
  for (const { rule, check, edits } of MUTATIONS) {
    for (const { file, find } of edits) {
      const count = readFileSync(join(ROOT, file), "utf8").split(find).length - 1;
      if (count !== 1) problems.push(`rule ${rule}, ${check}: ${count} times in ${file}, not once: ${find}`);
    }
  }
  const covered = new Set(MUTATIONS.flatMap(({ rule, caughtBy }) => caughtBy.map((test) => `${rule} ${test.file}`)));
  for (const { rule, file, name } of namedTests()) {
    if (!covered.has(`${rule} ${file}`)) problems.push(`rule ${rule}: no mutation is to be caught by ${file}: ${name}`);
  }
}

const wanted = MUTATIONS.filter(
  ({ rule, check }) => word === undefined || (/^\d+$/.test(word) ? rule === Number(word) : check.includes(word)),
);

try {
  checkTable();
  if (problems.length > 0 || wanted.length === 0) throw new Error(problems.join("\n") || `Nothing is called ${word}.`);
  await ensurePackages(["prosody", "ejabberd", "chromium"]);
  cpSync(ROOT, copy, {
    recursive: true,
    filter: (path) => !/\/(node_modules|\.git|coverage)$/.test(path),
  });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  console.log(`${wanted.length} mutations. First the tests as they are ...`);
  const sound = await run(wanted.flatMap(({ caughtBy }) => caughtBy));
  const unsound = sound.filter(({ status }) => status === "failed" || status === "broken");
  if (unsound.length > 0) throw new Error(`Fails without a mutation: ${unsound.map(({ name }) => name).join(", ")}`);
  for (const mutation of wanted) {
    const restore = apply(mutation);
    const results = await run(mutation.caughtBy);
    restore();
    for (const { file, name } of mutation.caughtBy) {
      const ran = results.filter(
        (result) => result.file === file && (result.status === "broken" || result.name.includes(name)),
      );
      const failed = ran.filter(({ status }) => status === "failed");
      const verdict = ran.some(({ status }) => status === "broken")
        ? "BROKEN"
        : failed.length > 0
          ? "caught"
          : "SURVIVED";
      console.log(
        `rule ${mutation.rule}  ${verdict.padEnd(8)}  ${mutation.check}  [${file}: ${failed[0]?.name ?? ran[0]?.name ?? name}]`,
      );
      if (verdict !== "caught")
        problems.push(`rule ${mutation.rule}, ${mutation.check}: ${verdict} in ${file}: ${name}`);
    }
  }
} catch (error) {
  problems.push(error.message);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
for (const problem of new Set(problems.flatMap((text) => text.split("\n")))) console.error(problem);
console.log(`${wanted.length} mutations, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
