// The job that plugs, as a program: its argument is the request.
import { runPlugJob } from "../../source/plug/job.ts";

process.exitCode = await runPlugJob(process.argv.slice(2));
