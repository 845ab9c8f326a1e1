// Stands for the program in tests: the jobs as the executable starts them.
import { runDecodeJob } from "@host-service/archive/job";
import { runReadBackJob, runWriteJob } from "../../source/job.ts";

const [, , word, name, ...argv] = process.argv;
const jobs = { write: runWriteJob, "read-back": runReadBackJob, decode: runDecodeJob };
if (word !== "job" || (name !== "write" && name !== "read-back" && name !== "decode")) {
  throw new Error(`Cannot run ${JSON.stringify(process.argv.slice(2))}: no such job`);
}
process.exitCode = await jobs[name](argv);
