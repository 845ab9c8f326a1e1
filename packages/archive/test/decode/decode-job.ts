// This package's jobs as a program of their own, for tests: what the compiled program does for "job decode".
import { runDecodeJob } from "../../source/decode/job.ts";

const [, , word, name, ...rest] = process.argv;
process.exit(word === "job" && name === "decode" ? await runDecodeJob(rest) : 2);
