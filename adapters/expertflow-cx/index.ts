export { expertflowCx } from "./expertflow-cx.ts";
export type { CxIdentity, CxRestOptions, CxServices, ExpertflowCxOptions } from "./cx-options.ts";
export { CX_RELEASES, NEWEST_RELEASE } from "./releases.ts";
export type { CxRelease } from "./releases.ts";
