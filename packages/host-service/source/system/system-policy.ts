// Whose upgrades of the host are taken: PEM keys sign Mender artifacts, minisign's keys sign raw images.
import type { Policy } from "@host-service/signature";
import type { RawImages } from "../configuration/configuration.ts";
import { loadPolicy } from "../configuration/trusted-keys.ts";
import type { Verification } from "../configuration/trusted-keys.ts";

export interface SystemPolicy {
  /** For raw images. */
  images: Policy;
  rawImages: RawImages;
}

export async function loadSystemPolicy(
  verification: Verification & { rawImages: RawImages },
  file: { path: string; directory: string },
): Promise<SystemPolicy> {
  return { images: await loadPolicy(verification, file), rawImages: verification.rawImages };
}
