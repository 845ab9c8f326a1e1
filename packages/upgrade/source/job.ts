// The entry of the children that this package starts. Nothing else loads it.
export { runReadBackJob } from "./partitions/read-back/job.ts";
export { runVerifyJob } from "./verify/job.ts";
export { runWriteJob } from "./partitions/write/job.ts";
