#!/usr/bin/env bun
// The program's entry where it is not a part of the one executable, and the only place that ends the process.
import { runHostctl } from "./run-hostctl.ts";

const [, , word, name, ...rest] = process.argv;
process.exit(
  word === "job"
    ? await runJob(name)
    : await runHostctl(process.argv.slice(2), { program: [process.execPath, import.meta.path] }),
);

async function runJob(job: string | undefined): Promise<number> {
  const { runDecodeJob, runUnpackJob } = await import("@host-service/archive/job");
  return job === "unpack" ? await runUnpackJob(rest) : await runDecodeJob(rest);
}
