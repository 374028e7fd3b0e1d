import { existsSync } from "node:fs";
import { join } from "node:path";

/** The file that a command name stands for, looked up in `PATH` and `/usr/sbin`; a path is only checked. */
export function findCommand(command: string): string | undefined {
  if (command.includes("/")) return existsSync(command) ? command : undefined;
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin"].filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}
