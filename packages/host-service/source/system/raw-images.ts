// What is taken of images that are no artifacts: they say nothing of themselves, so the caller has to bring what the host asks for.
import { parseSignature, readDetached } from "@host-service/signature";
import type { Signer } from "@host-service/signature";
import type { UpgradeTerms } from "./receive-upgrade.ts";
import type { SystemPolicy } from "./system-policy.ts";

export interface RawImageRules {
  rawImages: "refuse" | "take";
  /** Why not, and what to do. */
  rawRefusal?: string;
  /** What the signature's trusted comment says, as a word `version:…`; it counts once the signature was verified. */
  version?: string;
  /** Throws SignatureError where the signature is not one of the image. */
  verify?: (digests: { blake2b512: string }) => Signer;
}

/** Throws SignatureError for a signature that is none, before anything is read. */
export function rawImageRules(
  { rawImages, images }: Pick<SystemPolicy, "rawImages" | "images">,
  { sha256, signature }: Pick<UpgradeTerms, "sha256" | "signature">,
  now: Date,
): RawImageRules {
  const refuse = (rawRefusal: string): RawImageRules => ({ rawImages: "refuse", rawRefusal });
  if (rawImages === "refuse") return refuse("this host takes no raw images (verify.system.raw_images)");
  if (rawImages === "digest" && sha256 === undefined) return refuse("a raw image needs its digest here; give --sha256");
  if (rawImages === "signed" && signature === undefined) {
    return refuse(
      'a raw image needs a signature here; make one with "hostctl image sign", and leave it beside the image',
    );
  }
  const { keyring } = images;
  if (rawImages === "signed" && keyring.keys.length === 0) {
    return refuse("a raw image needs a signature here, and none of verify.system.keys is a key of minisign");
  }
  if (signature === undefined) return { rawImages: "take" };
  const { keyId, trustedComment } = parseSignature(signature, "the signature");
  // Without keys nobody can say more than what the signature claims.
  if (keyring.keys.length === 0) {
    return { rawImages: "take", verify: () => ({ keyId, trustedComment, verified: false }) };
  }
  const version = /(?:^|\s)version:(\S+)/u.exec(trustedComment)?.[1];
  return {
    rawImages: "take",
    ...(version === undefined ? {} : { version }),
    verify: ({ blake2b512 }) =>
      readDetached({ blake2b512: Buffer.from(blake2b512, "hex"), signature }, { keyring, now }),
  };
}
