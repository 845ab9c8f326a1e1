// Root file systems that a container may have, with /host in them as the runtime makes it: the container's directory, and in it the
// launcher, this host's libraries and the program.
import { chmod, copyFile, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "./device.ts";
import { workshop } from "./images.ts";
import { dist, program } from "./program.ts";
import type { Answer, RunOptions } from "./run.ts";
import { must, run } from "./run.ts";

export const rootKinds = ["Debian", "musl", "busybox", "empty"] as const;
export type RootKind = (typeof rootKinds)[number];

export interface ContainerRoot {
  kind: RootKind;
  directory: string;
  libraries: string;
}

/** `debian` is a Debian tree, which stays as it is. */
export async function containerRoot(kind: RootKind, debian: string | undefined): Promise<ContainerRoot> {
  const directory = await mkdtemp(join(workshop, "root-"));
  const libraries = await mkdtemp(join(workshop, "lib-"));
  await chmod(directory, 0o755);
  await chmod(libraries, 0o755);
  for (const name of ["host", "proc", "files"]) await mkdir(join(directory, name));
  await must([...program("host-service"), "container-files", libraries]);
  await writeFile(join(libraries, "hostctl"), "");
  switch (kind) {
    case "Debian":
      if (debian === undefined) throw new Error("Cannot make a Debian root: there is no tree for it");
      // Beside what was made above, which no archive of Debian has.
      for (const name of ["bin", "etc", "lib", "lib64", "sbin", "usr", "var"])
        await must(["cp", "-a", join(debian, name), directory]);
      break;
    case "musl":
      await mkdir(join(directory, "lib"));
      await copyFile("/lib/ld-musl-x86_64.so.1", join(directory, "lib/ld-musl-x86_64.so.1"));
      await compileForMusl(join(directory, "run"));
      break;
    case "busybox":
      await mkdir(join(directory, "bin"));
      await copyFile("/bin/busybox", join(directory, "bin/busybox"));
      await symlink("busybox", join(directory, "bin/sh"));
      break;
    case "empty":
      break;
  }
  return { kind, directory, libraries };
}

/** What reaches the container alone, as the loaders out here heed it, too. */
const preload = 'if [ -n "$PRELOAD" ]; then export LD_PRELOAD="$PRELOAD"; fi; exec "$@"';

/** What the root's own programs start another one with: nothing in an empty one, which only the kernel can start something in. */
const starters: Readonly<Record<RootKind, readonly string[]>> = {
  Debian: ["/bin/bash", "-c", preload, "bash"],
  musl: ["/run"],
  busybox: ["/bin/sh", "-c", preload, "sh"],
  empty: [],
};

async function compileForMusl(output: string): Promise<void> {
  const source = `${output}.c`;
  await writeFile(source, "#include <unistd.h>\nint main(int c, char **v) { execv(v[1], v + 1); return 127; }\n");
  await must(["musl-gcc", "-o", output, source]);
}

// root, the container's directory, libraries, launcher, program, user, with or without /proc, then the command
const enter = `root=$1 host=$2 libraries=$3 launcher=$4 program=$5 user=$6 proc=$7
shift 7
touch "$host/hostctl"; mkdir -p "$host/lib"
mount --bind "$host" "$root/host"
mount --bind "$launcher" "$root/host/hostctl"
mount -o remount,bind,ro "$root/host/hostctl"
mount --bind "$libraries" "$root/host/lib"
mount --bind "$program" "$root/host/lib/hostctl"
mount -o remount,bind,ro "$root/host/lib"
[ "$proc" = without ] || mount -t proc proc "$root/proc"
exec chroot --userspec="$user" "$root" "$@"`;

export interface InsideOptions extends RunOptions {
  user?: string;
  proc?: "with" | "without";
}

/** Runs a program of `/host` in the root, started by the root's own programs. */
export async function inside(
  { kind, directory, libraries }: ContainerRoot,
  device: Device,
  { command, user = "0:0", proc = "with", ...options }: InsideOptions & { command: readonly string[] },
): Promise<Answer> {
  const places = [directory, join(device.paths.runDirectory, "edge"), libraries];
  const parts = [join(dist, "hostctl-launcher"), join(dist, "hostctl"), user, proc];
  const namespaces = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork"];
  const words = [...namespaces, "/bin/sh", "-ec", enter, "sh", ...places, ...parts, ...starters[kind], ...command];
  return await run(words, { ...options, cwd: "/" });
}
