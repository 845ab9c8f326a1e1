// A metadata archive that was unpacked as plain files becomes typed values; nothing of it is executed, and no privilege comes of it.
import { conventionOf } from "./convention.ts";
import { readIncus } from "./incus.ts";
import { readLxc } from "./lxc.ts";
import { openMembers } from "./members.ts";
import type { MetaContext, Metadata } from "./metadata.ts";
import { refuseMeta } from "./refusal.ts";

/** What we write beside the members. */
export const metaFile = "meta.json";

/** Throws ArchiveError "config". */
export function readMetadata(directory: string, context: MetaContext): Metadata {
  const members = openMembers(directory);
  const convention = conventionOf(members.names);
  if (members.has(metaFile))
    throw refuseMeta(`its member ${metaFile} has the name of what is noted about it; rename it`);
  switch (convention) {
    case "lxc":
      return readLxc(members, context);
    case "incus":
      return readIncus(members, context);
  }
}
