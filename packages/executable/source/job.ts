// The jobs: this program again, as a child with one thing to do.
import { runDecodeJob, runUnpackJob } from "@host-service/archive/job";
import { runCopyJob, runDigestJob } from "@host-service/ingest/job";

const jobs = new Map<string, (argv: string[]) => Promise<number>>([
  ["copy", runCopyJob],
  ["digest", runDigestJob],
  ["decode", runDecodeJob],
  ["unpack", runUnpackJob],
]);

export async function runJob(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  const job = jobs.get(name ?? "");
  if (job !== undefined) return job(rest);
  process.stdout.write(`Cannot run a job: there is none called "${name ?? ""}"\n`);
  return 2;
}
