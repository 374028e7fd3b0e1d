import type { InputOptions, OutputOptions } from "rolldown";

export const pageScript: InputOptions;
export function pageOutput(minify: boolean): OutputOptions;
