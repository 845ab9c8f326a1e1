import { join } from "node:path";

/** The directories of one container in the run directory that the container never sees. Their names begin with a dot, as no container's does. */
export interface RunPaths {
  /** Where its root is mounted. */
  roots: string;
  root: string;
  /** A file system of its own, in memory, and in the mount namespace of its unit alone. LXC's commands know the container by this path. */
  privates: string;
  private: string;
  host: string;
}

export function runPathsOf(runDirectory: string, name: string): RunPaths {
  const [roots, privates] = [join(runDirectory, ".root"), join(runDirectory, ".private")];
  return { roots, root: join(roots, name), privates, private: join(privates, name), host: join(runDirectory, name) };
}
