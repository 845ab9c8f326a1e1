// The entry points of this package's jobs, apart from the rest, so that nothing else is loaded with them.
export { runDecodeJob } from "./decode/job.ts";
export { runXzJob } from "./decode/xz-job.ts";
export { runTemplatesJob } from "./meta/templates-job.ts";
export { runUnpackJob } from "./unpack/job.ts";
