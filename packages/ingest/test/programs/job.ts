// What the compiled program does with "job <name> <parameters>", for tests.
import { runCopyJob, runDigestJob } from "../../source/job.ts";

const [word, name, ...parameters] = process.argv.slice(2);
if (word !== "job") throw new Error(`Cannot start: unknown word "${word}"`);
process.exitCode = await (name === "copy" ? runCopyJob : runDigestJob)(parameters);
