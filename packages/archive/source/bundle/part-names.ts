// The members of a bundle, in the order in which they have to come: what decides comes before what is large.
import type { ArchiveFormat } from "../decode/recognise.ts";

export type PartRole = "manifest" | "signature" | "config" | "meta" | "rootfs";

export const partOrder: readonly PartRole[] = ["manifest", "signature", "config", "meta", "rootfs"];
export const requiredParts: readonly PartRole[] = ["config", "rootfs"];

export const metaBytesMax = 1024 * 1024;

/** What a part may hold at most. The rootfs is limited by who takes it in. */
export const partBytesMax: Record<PartRole, number> = {
  manifest: 1024 * 1024,
  signature: 64 * 1024,
  config: 1024 * 1024,
  meta: metaBytesMax,
  rootfs: Number.MAX_SAFE_INTEGER,
};

const fixedNames: Record<string, PartRole> = {
  manifest: "manifest",
  "manifest.sig": "signature",
  "config.yaml": "config",
};

export function roleOf(name: string): PartRole | undefined {
  if (Object.hasOwn(fixedNames, name)) return fixedNames[name];
  const archive = /^(meta|rootfs)\.tar(?:\.(?:xz|zst|gz))?$/u.exec(name)?.[1];
  return archive === "meta" || archive === "rootfs" ? archive : undefined;
}

/** The name of a part in a bundle: "rootfs.tar.zst", whatever the file was called. */
export function partName(role: PartRole, format: ArchiveFormat | undefined): string {
  switch (role) {
    case "manifest":
      return "manifest";
    case "signature":
      return "manifest.sig";
    case "config":
      return "config.yaml";
    case "meta":
    case "rootfs":
      return `${role}.${format ?? "tar"}`;
  }
}

/** For messages. */
export const expectedName: Record<PartRole, string> = {
  manifest: "manifest",
  signature: "manifest.sig",
  config: "config.yaml",
  meta: "meta.tar.xz",
  rootfs: "rootfs.tar.xz",
};
