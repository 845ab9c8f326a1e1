// The kinds that a job can name, as values: a line from outside is compared with them.
import type { ArtifactErrorKind } from "@host-service/artifact";
import type { UpgradeErrorKind } from "../error.ts";

const artifactKindTable: Record<ArtifactErrorKind, true> = {
  "not-an-artifact": true,
  structure: true,
  truncated: true,
  limit: true,
  version: true,
  manifest: true,
  signature: true,
  checksum: true,
  header: true,
  unsupported: true,
  incompatible: true,
  payload: true,
  space: true,
  config: true,
};

const upgradeKindTable: Partial<Record<UpgradeErrorKind, true>> = { io: true, space: true, cancelled: true };

export const artifactKinds = namesOf(artifactKindTable);
export const upgradeKinds = namesOf(upgradeKindTable);

function namesOf<Name extends string>(table: Partial<Record<Name, true>>): Name[] {
  return Object.keys(table).filter((name): name is Name => Object.hasOwn(table, name));
}
