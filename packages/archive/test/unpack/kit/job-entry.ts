// Stands for the program in tests: `job unpack` and `job decode` as the executable starts them.
import { runDecodeJob } from "../../../source/decode/job.ts";
import { runUnpackJob } from "../../../source/unpack/job.ts";

const [, , word, name, ...argv] = process.argv;
if (word !== "job" || (name !== "unpack" && name !== "decode")) {
  throw new Error(`Cannot run ${JSON.stringify(process.argv.slice(2))}: no such job`);
}
process.exitCode = name === "unpack" ? await runUnpackJob(argv) : await runDecodeJob(argv);
