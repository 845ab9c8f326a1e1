// Whose upgrades of the host are taken: PEM keys sign Mender artifacts, minisign's keys sign raw images. What kind a key file has is
// told by its contents.
import { parseArtifactKey } from "@host-service/artifact";
import { parsePublicKey } from "@host-service/signature";
import type { Policy } from "@host-service/signature";
import type { RawImages } from "../configuration/configuration.ts";
import { checkExpiry, policyOf, readKeyFiles } from "../configuration/trusted-keys.ts";
import type { KeyFile, Verification } from "../configuration/trusted-keys.ts";

/** A key as the job that verifies wants it. */
interface PemKey {
  pem: string;
  /** The file, for messages. */
  subject: string;
}

export interface SystemPolicy {
  signatureRequired: boolean;
  rawImages: RawImages;
  /** For raw images. */
  images: Policy;
  /** For artifacts: those that count at an instant. */
  artifactKeys(now: Date): PemKey[];
}

export async function loadSystemPolicy(
  verification: Verification & { rawImages: RawImages },
  file: { path: string; directory: string },
): Promise<SystemPolicy> {
  const { requireSignature, rawImages, revoked, expiry } = verification;
  const files = await readKeyFiles(verification, file);
  const pem = files.filter(isPem).map((found) => pemKey(found));
  const keys = files.filter((found) => !isPem(found)).map((found) => parsePublicKey(found.contents, found.subject));
  const keyIds = [...pem.map(({ fingerprint }) => fingerprint), ...keys.map(({ keyId }) => keyId)];
  checkExpiry(verification, { file, keyIds });
  return {
    signatureRequired: requireSignature,
    rawImages,
    images: policyOf(verification, keys),
    artifactKeys: (now) =>
      pem.filter(({ fingerprint }) => {
        const end = expiry.get(fingerprint);
        return !revoked.has(fingerprint) && (end === undefined || now < end);
      }),
  };
}

function isPem({ contents }: KeyFile): boolean {
  return new TextDecoder().decode(contents).includes("-----BEGIN ");
}

function pemKey({ contents, subject }: KeyFile): PemKey & { fingerprint: string } {
  const pem = new TextDecoder().decode(contents);
  return { pem, subject, fingerprint: parseArtifactKey(pem, subject).fingerprint };
}
