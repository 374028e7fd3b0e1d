import { CX_RELEASES, type CxRelease } from "../releases.ts";
import type { ExpertflowOptions } from "./api.ts";

/** Reads `data-release`, `data-strict` and `data-gtm-target-origin` of the script's own tag. What is not known is left out. */
export function scriptOptions(script: { getAttribute(name: string): string | null } | null): ExpertflowOptions {
  const release = CX_RELEASES.find((each): each is CxRelease => each === script?.getAttribute("data-release"));
  const gtmTargetOrigin = script?.getAttribute("data-gtm-target-origin") ?? undefined;
  const strict = script?.getAttribute("data-strict") ?? "false";
  return {
    ...(release && { release }),
    ...(gtmTargetOrigin !== undefined && { gtmTargetOrigin }),
    strict: strict !== "false",
  };
}
