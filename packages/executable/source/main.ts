#!/usr/bin/env bun
// The one executable: it acts by the name it is called with. Each way loads only what it needs, since the hook and `ping`
// live from their start-up time.

const inExecutable = import.meta.path.startsWith("/$bunfs/");
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
  return (await import("@host-service/hostctl")).runHostctl(argv, { program });
}

async function hostService(argv: string[]): Promise<number> {
  return (await import("@host-service/host-service")).runHostService(argv, { program });
}

/** In a container its launcher has the loader start us, and the kernel names that one as what runs. */
function compiledProgram(): string[] {
  const loader = process.execPath;
  const directory = loader.slice(0, loader.lastIndexOf("/"));
  if (!/\/ld-linux-[^/]+$/.test(loader)) return [loader];
  return [loader, "--library-path", directory, `${directory}/hostctl`];
}
