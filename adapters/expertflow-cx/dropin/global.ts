import { createExpertflow } from "./create-expertflow.ts";
import { FUNCTION_NAMES } from "./names.ts";
import { scriptOptions } from "./script-options.ts";

// The script build: it defines the vendor's functions on the page, which is what its script tag asks for.
const expertflow = createExpertflow(scriptOptions(document.currentScript));
for (const name of FUNCTION_NAMES) {
  Object.defineProperty(globalThis, name, { value: expertflow[name], configurable: true, writable: true });
}
