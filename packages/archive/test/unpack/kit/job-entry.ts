// Stands for the program in tests: this package's jobs as the executable starts them.
import { runDecodeJob, runTemplatesJob, runUnpackJob, runXzJob } from "../../../source/job.ts";

const [, , word, name = "", ...argv] = process.argv;
const run = { unpack: runUnpackJob, decode: runDecodeJob, xz: runXzJob, templates: runTemplatesJob }[name];
if (word !== "job" || run === undefined) {
  throw new Error(`Cannot run ${JSON.stringify(process.argv.slice(2))}: no such job`);
}
process.exitCode = await run(argv);
