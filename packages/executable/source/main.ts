#!/usr/bin/env bun
// The one executable: it acts by the name it is called with. Each way loads only what it needs, since the hook and `ping`
// live from their start-up time.
import type { ExamineHost } from "@host-service/hostctl";

const inExecutable = import.meta.path.startsWith("/$bunfs/");
/** In a container a launcher has the loader of the host start us, and the kernel names that one as what runs. */
const loader = /\/ld-linux-[^/]+$/.test(process.execPath) ? process.execPath : undefined;
const isInContainer = loader !== undefined;
/** The argv that starts this program again: the compiled file itself, or Bun with this source. */
const program = inExecutable ? compiledProgram() : [process.execPath, import.meta.path];

// Not node:path's basename: loading it is a tenth of what `ping` needs.
const name = process.argv0.slice(process.argv0.lastIndexOf("/") + 1);

process.exitCode = await main(name, process.argv.slice(2));

async function main(name: string, argv: string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === "job") return (await import("./job.ts")).runJob(rest);
  if (name === "host-service-boot") return hostService(["boot", ...argv]);
  if (name === "host-service") return hostService(argv);
  if (!inExecutable && first === "host-service") return hostService(rest);
  const { runHostctl } = await import("@host-service/hostctl");
  return runHostctl(argv, isInContainer ? { program } : { program, examineHost });
}

async function examineHost(before: Parameters<ExamineHost>[0]): ReturnType<ExamineHost> {
  return (await import("@host-service/host-service")).examineThisHost({ program, before });
}

async function hostService(argv: string[]): Promise<number> {
  return (await import("@host-service/host-service")).runHostService(argv, { program });
}

function compiledProgram(): string[] {
  if (loader === undefined) return [process.execPath];
  const directory = loader.slice(0, loader.lastIndexOf("/"));
  return [loader, "--library-path", directory, `${directory}/hostctl`];
}
