// A copy that ends short of the source's size, as when the source shrank meanwhile.
import { ftruncateSync } from "node:fs";
import { runCopyJob } from "../../source/job.ts";

const status = await runCopyJob(process.argv.slice(4));
ftruncateSync(4, 3);
process.exitCode = status;
