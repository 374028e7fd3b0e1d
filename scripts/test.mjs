// `npm test`: everything that has to hold before a change goes in. The last line is "N passed, N failed".
import { ensurePackages, runStep } from "./run-step.mjs";

const CHECKS = ["format:check", "lint", "typecheck", "build", "pack:check"];

function stop(why) {
  console.error(why);
  console.log("0 passed, 1 failed");
  process.exit(1);
}

try {
  await ensurePackages(["prosody", "ejabberd", "chromium"]);
} catch (error) {
  stop(error.message);
}
for (const check of CHECKS) {
  console.log(`\n${check} ...`);
  const code = await runStep("npm", ["run", "--silent", check]);
  if (code !== 0) stop(`${check} failed. To repeat it alone: npm run ${check}`);
}
process.exitCode = await runStep("npx", ["vitest", "run", ...process.argv.slice(2)]);
