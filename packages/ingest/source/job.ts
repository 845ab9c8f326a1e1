// The entry of the children that this package starts. Nothing else loads it.
export { runCopyJob } from "./copy/job.ts";
export { runDigestJob } from "./digest/job.ts";
export { refusalCode, takeDescriptor } from "./take/descriptor.ts";
export { runTakeJob } from "./take/job.ts";
