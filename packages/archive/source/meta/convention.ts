import type { Metadata } from "./metadata.ts";
import { refuseMeta } from "./refusal.ts";

/** By the names of its members. Throws where it is neither convention's, both's, or more than metadata. */
export function conventionOf(names: readonly string[]): Metadata["convention"] {
  const isLxc = names.some((name) => /^config(?:-user)?(?:\.\d+)?$/u.test(name));
  const isIncus = names.includes("metadata.yaml");
  if (isLxc && isIncus) throw refuseMeta("it has both config and metadata.yaml");
  if (isIncus && names.includes("rootfs/")) {
    throw refuseMeta(
      "it is a unified image (rootfs/ beside metadata.yaml); give its rootfs as an archive of its own, and the rest as the metadata",
    );
  }
  if (isIncus) return "incus";
  if (isLxc) return "lxc";
  throw refuseMeta("neither config nor metadata.yaml found");
}
