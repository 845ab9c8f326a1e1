// A copy during which somebody writes to the source: it gets another time.
import { futimesSync } from "node:fs";
import { runCopyJob } from "../../source/job.ts";

futimesSync(3, 1, 1);
process.exitCode = await runCopyJob(process.argv.slice(4));
