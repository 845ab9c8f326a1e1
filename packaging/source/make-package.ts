// Knows the order: lay the files out, describe them, have dpkg-deb pack them, publish.
import { chmod, lutimes, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { debianArchitecture } from "./architecture.ts";
import { writeControl } from "./control.ts";
import { layOut } from "./lay-out.ts";
import type { PackageOptions } from "./package-options.ts";
import { runTool } from "./run-tool.ts";

export async function makePackage(options: PackageOptions): Promise<{ file: string; bytes: number }> {
  const { version, outputDirectory, sourceDate } = options;
  const architecture = debianArchitecture(options.target);
  await mkdir(outputDirectory, { recursive: true });
  const work = await mkdtemp(path.join(tmpdir(), "host-service-package-"));
  try {
    const tree = path.join(work, "tree");
    await mkdir(tree);
    await layOut(tree, options);
    await writeControl(tree, { version, architecture });
    await settle(tree, sourceDate);
    const fresh = path.join(outputDirectory, `.host-service-${process.pid}.deb`);
    // One thread, since the number of threads is to be seen in the compressed bytes.
    const flags = ["--root-owner-group", `-Z${options.compression}`, "--threads-max=1"];
    await runTool(["dpkg-deb", ...flags, "--build", tree, fresh], {
      what: "pack the package",
      env: { SOURCE_DATE_EPOCH: String(sourceDate) },
    });
    const file = path.join(outputDirectory, `host-service_${version}_${architecture}.deb`);
    await rename(fresh, file);
    return { file, bytes: (await stat(file)).size };
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Whatever the umask and the clock of who builds, innermost first, as a change in a directory changes its time. */
async function settle(directory: string, sourceDate: number): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) await settle(file, sourceDate);
    else await lutimes(file, sourceDate, sourceDate);
  }
  await chmod(directory, 0o755);
  await lutimes(directory, sourceDate, sourceDate);
}
