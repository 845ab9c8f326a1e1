import {
  array,
  boolean,
  exactOptional,
  type InferOutput,
  literal,
  picklist,
  record,
  strictObject,
  string,
  variant,
} from "@host-service/schema";
import { count, failed, jobSource, named, signer, terms } from "../partitions/messages.ts";

export const verifyRequest = strictObject({
  source: jobSource,
  terms,
  /** "any" for a tool that installs other types than root images. */
  payloadTypes: picklist(["rootfs-image", "any"]),
  program: array(string()),
  isConfined: boolean(),
});
export type VerifyRequest = InferOutput<typeof verifyRequest>;

/** What an artifact says of itself, once all of it is verified. */
const artifact = strictObject({
  ...named,
  name: string(),
  payloadType: string(),
  provides: record(string(), string()),
  signer: exactOptional(signer),
  warnings: array(string()),
});
export type VerifiedArtifact = InferOutput<typeof artifact>;

export const verifyMessage = variant("type", [
  strictObject({ type: literal("progress"), bytesRead: count }),
  strictObject({ type: literal("done"), artifact }),
  failed,
]);
export type VerifyMessage = InferOutput<typeof verifyMessage>;
