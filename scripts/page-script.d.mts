import type { InputOptions, OutputOptions } from "rolldown";

/** Paths from the root. */
export const UNREACHABLE: readonly string[];
export const pageScript: InputOptions;
export function pageOutput(minify: boolean): OutputOptions;
