import {
  boolean,
  integer,
  looseObject,
  minValue,
  number,
  optional,
  picklist,
  pipe,
  record,
  regex,
  string,
} from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

export const digest = pipe(string(), regex(/^sha256:[0-9a-f]{64}$/, 'has to be "sha256:" and 64 hexadecimal digits'));
const count = pipe(number(), integer(), minValue(0));

/** Who signed the image, where it came with a signature; whether a key of the host said so. */
export const signer = looseObject({ keyId: string(), verified: boolean(), trustedComment: optional(string()) });

/** The ids of the host that are a container's own. */
export const idRange = looseObject({ base: count, count: pipe(number(), integer(), minValue(1)) });

/** A slot's `slot.json`: written last, so that a slot without it holds nothing. Unknown members are kept. */
export const slotManifest = looseObject({
  format: pipe(number(), integer(), minValue(1)),
  imageId: digest,
  name: string(),
  version: optional(string()),
  architecture: optional(string()),
  digests: looseObject({ config: digest, rootfs: digest, meta: optional(digest) }),
  trial: looseObject({
    boots: pipe(number(), integer(), minValue(1)),
    commit: picklist(["manual", "ready"]),
    timeoutMs: optional(count),
  }),
  entries: count,
  bytes: count,
  signer: optional(signer),
  /** RFC 3339. */
  stagedAt: string(),
  /** The ids that the owners in rootfs were shifted to; absent where they are as the archive has them. */
  ids: optional(idRange),
  /** Of its metadata archive: its convention, and what it says of the image. */
  metadata: optional(looseObject({ convention: string(), properties: optional(record(string(), string())) })),
  /** What could not be kept without root, by kind. */
  notKept: optional(looseObject({ owners: count, devices: count, xattrs: count })),
});
export type SlotManifest = InferOutput<typeof slotManifest>;

export interface ImageDigests {
  config: string;
  rootfs: string;
  meta?: string | undefined;
}

/**
 * The id of an image is the digest over the digests of its parts, so the same image staged twice has the same id. That is
 * safe because a slot's `slot.json` is gone, durably, before the slot's first byte changes.
 */
export function imageIdOf(digests: ImageDigests): string {
  const hasher = new Bun.CryptoHasher("sha256");
  hasher.update(`config ${digests.config}\nrootfs ${digests.rootfs}\n`);
  if (digests.meta !== undefined) hasher.update(`meta ${digests.meta}\n`);
  return `sha256:${hasher.digest("hex")}`;
}
