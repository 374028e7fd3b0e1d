// `npm start`: the demo, on a machine that may have nothing but Node.
import { ensurePackages, runStep } from "./run-step.mjs";

try {
  await ensurePackages(["prosody"]);
} catch (error) {
  // The sandbox says once more what it cannot start; the pages are worth a look without it.
  console.error(error.message);
}
console.log("Building ...");
const built = await runStep("npm", ["run", "--silent", "build"]);
process.exitCode =
  built === 0 ? await runStep(process.execPath, ["dist/cli.js", "sandbox", "--demo", ...process.argv.slice(2)]) : built;
