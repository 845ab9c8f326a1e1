import { existsSync, renameSync } from "node:fs";
import { buildDebianRootfs } from "@host-service/fixtures";
import { shell } from "./run.ts";
import { cache } from "./workplace.ts";

export interface DebianArchives {
  readonly tar: string;
  readonly xz: string;
  readonly xzOneBlock: string;
  readonly zstd: string;
}

const morePackages = ["git", "gcc", "python3", "vim"];
/** The work of decoding hardly depends on the level. */
const level = 1;

const options = { cacheDirectory: cache, morePackages };

/** About 570 MB of Debian; made once. */
export async function debianTar(): Promise<{ readonly path: string } | undefined> {
  return await buildDebianRootfs({ ...options, format: "tar" });
}

/** The same in every format. */
export async function debianArchives(): Promise<DebianArchives | undefined> {
  const tar = await debianTar();
  const xz = await buildDebianRootfs({ ...options, format: "tar.xz", level });
  const zstd = await buildDebianRootfs({ ...options, format: "tar.zst" });
  if (tar === undefined || xz === undefined || zstd === undefined) return undefined;
  const xzOneBlock = `${tar.path}.one-block.xz`;
  if (!existsSync(xzOneBlock)) {
    await shell('xz -T1 "-$3" --stdout "$1" >"$2.partial"', tar.path, xzOneBlock, String(level));
    renameSync(`${xzOneBlock}.partial`, xzOneBlock);
  }
  return { tar: tar.path, xz: xz.path, xzOneBlock, zstd: zstd.path };
}
