import type { XzChoice } from "@host-service/archive";
import type { ArtifactKey } from "./key/artifact-key.ts";
import type { ArtifactLimits } from "./limits.ts";
import type { PayloadSink } from "./streams.ts";

export interface SignaturePolicy {
  /** Those that count: a revoked or expired one is not among them. */
  readonly keys: readonly ArtifactKey[];
  /** False only where the configuration says so in as many words. */
  readonly signatureRequired: boolean;
}

export interface Device {
  readonly type: string;
  /** What `artifact_depends` is compared with: nothing where it is left out. "unknown" is for who has no device, and compares the type alone. */
  readonly provides?: Readonly<Record<string, string>> | "unknown" | undefined;
}

export interface DescribeOptions {
  /** The argv that starts this program, for the decoders. */
  readonly program: readonly string[];
  /** Known names keep a broken artifact from being taken for a raw image. */
  readonly fileName?: string | undefined;
  readonly limits?: Partial<ArtifactLimits> | undefined;
  readonly xz?: XzChoice | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReadUpgradeOptions extends DescribeOptions {
  readonly policy: SignaturePolicy;
  readonly rawImages: "refuse" | "take";
  /** Why raw images are refused, and what to do: a clause for the message. */
  readonly rawRefusal?: string | undefined;
  /** A tool takes one artifact and no set. */
  readonly sets?: "refuse" | "take" | undefined;
  /** What is allowed still has to be signed. */
  readonly stateScripts: "refuse" | "allow";
  /** "any" is for tools that install other types. */
  readonly payloadTypes: "rootfs-image" | "any";
  /** Without it nobody is asked whether the artifact fits. */
  readonly device?: Device | undefined;
  readonly slotBytes?: number | undefined;
  /** The length of the source, where it is known. */
  readonly sourceBytes?: number | undefined;
  /** Of the whole source. */
  readonly expectedSha256?: string | undefined;
  /** Ask for this digest of a raw image, too. */
  readonly blake2b512?: boolean | undefined;
  readonly sink?: PayloadSink | undefined;
}
