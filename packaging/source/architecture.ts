import { PackagingError } from "./error.ts";

const debianNames: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** Debian's name for what `--target` builds, or for this machine. */
export function debianArchitecture(target: string | undefined): string {
  const name = target === undefined ? process.arch : (/^bun-linux-(\w+)/.exec(target)?.[1] ?? "");
  const found = debianNames[name];
  if (found !== undefined) return found;
  throw new PackagingError(`Cannot make a package for "${target ?? name}": there is one for x64 and one for arm64`);
}
