// The highest version that was ever committed. Whoever may install an image may thereby not bring back one with holes that are known.
import { ArtifactError } from "@host-service/artifact";
import { compareVersions } from "./version-order.ts";

export interface Downgrade {
  /** The caller asked for it. */
  isWanted: boolean;
  /** The host's configuration permits it. */
  isPermitted: boolean;
}

/** Throws ArtifactError, kind "incompatible", for an image that is older, or does not say how old it is. */
export function checkFloor(image: { version?: string }, floor: string | undefined, downgrade: Downgrade): void {
  if (floor === undefined) return;
  const { version } = image;
  if (version !== undefined && compareVersions(version, floor) >= 0) return;
  if (downgrade.isWanted && downgrade.isPermitted) return;
  const what = version === undefined ? "does not say its version" : `is version ${JSON.stringify(version)}`;
  const next = downgrade.isPermitted
    ? "give --allow-downgrade to install it all the same"
    : "the host's administrator can permit it with upgrade.allow_downgrade";
  throw new ArtifactError(
    "incompatible",
    `Cannot install the image: it ${what}, and version ${JSON.stringify(floor)} was committed on this host; ${next}`,
  );
}
