// The jobs: this program again, as a child with one thing to do. Each loads its own package only.
type Job = (argv: string[]) => Promise<number>;

const jobs = new Map<string, () => Promise<Job>>([
  ["copy", async () => (await import("@host-service/ingest/job")).runCopyJob],
  ["digest", async () => (await import("@host-service/ingest/job")).runDigestJob],
  ["take", async () => (await import("@host-service/ingest/job")).runTakeJob],
  ["decode", async () => (await import("@host-service/archive/job")).runDecodeJob],
  ["xz", async () => (await import("@host-service/archive/job")).runXzJob],
  ["unpack", async () => (await import("@host-service/archive/job")).runUnpackJob],
  ["templates", async () => (await import("@host-service/archive/job")).runTemplatesJob],
  ["plug", async () => (await import("@host-service/runtime/job")).runPlugJob],
  ["write", async () => (await import("@host-service/upgrade/job")).runWriteJob],
  ["verify", async () => (await import("@host-service/upgrade/job")).runVerifyJob],
  ["read-back", async () => (await import("@host-service/upgrade/job")).runReadBackJob],
]);

export async function runJob(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  const load = jobs.get(name ?? "");
  if (load !== undefined) return (await load())(rest);
  process.stdout.write(`Cannot run a job: there is none called "${name ?? ""}"\n`);
  return 2;
}
