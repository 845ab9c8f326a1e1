// Stands for the program in tests: the jobs as the executable starts them.
import { runDecodeJob, runXzJob } from "@host-service/archive/job";
import { runReadBackJob, runVerifyJob, runWriteJob } from "../../source/job.ts";

const jobs = new Map<string, (argv: string[]) => Promise<number>>([
  ["write", runWriteJob],
  ["read-back", runReadBackJob],
  ["verify", runVerifyJob],
  ["decode", runDecodeJob],
  ["xz", runXzJob],
]);

const [, , word, name = "", ...argv] = process.argv;
const run = jobs.get(name);
if (word !== "job" || run === undefined) {
  throw new Error(`Cannot run ${JSON.stringify(process.argv.slice(2))}: no such job`);
}
process.exitCode = await run(argv);
