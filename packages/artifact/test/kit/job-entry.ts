// Stands for the program in tests: the decoders' jobs as the executable starts them.
import { runDecodeJob, runXzJob } from "@host-service/archive/job";

const jobs = new Map([
  ["decode", runDecodeJob],
  ["xz", runXzJob],
]);

const [, , word, name = "", ...argv] = process.argv;
const run = jobs.get(name);
if (word !== "job" || run === undefined) throw new Error(`Cannot run ${JSON.stringify(process.argv)}: no such job`);
process.exitCode = await run(argv);
