// Stands for the program in tests: `job decode` as the executable starts it.
import { runDecodeJob } from "@host-service/archive/job";

const [, , word, name, ...argv] = process.argv;
if (word !== "job" || name !== "decode") throw new Error(`Cannot run ${JSON.stringify(process.argv)}: no such job`);
process.exitCode = await runDecodeJob(argv);
