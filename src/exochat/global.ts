import { createExoChat } from "./index.ts";
import { GLOBAL_NAMES } from "./names.ts";

// The script build: the one file of the package that sets globals, which is what a script tag asks for.
const exoChat = createExoChat();
for (const name of GLOBAL_NAMES) Object.defineProperty(globalThis, name, { value: exoChat, configurable: true });
