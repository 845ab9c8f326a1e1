// What the compiled program does with "job <name> <parameters>", for tests.
import { runCopyJob, runDigestJob, runTakeJob } from "../../source/job.ts";

const [word, name, ...parameters] = process.argv.slice(2);
if (word !== "job") throw new Error(`Cannot start: unknown word "${word}"`);
const run = { copy: runCopyJob, digest: runDigestJob, take: runTakeJob }[name ?? ""];
if (run === undefined) throw new Error(`Cannot start: unknown job "${name}"`);
process.exitCode = await run(parameters);
