export { ArtifactError } from "./error.ts";
export type { ArtifactErrorKind } from "./error.ts";
export { parseArtifactKey } from "./key/artifact-key.ts";
export type { ArtifactKey } from "./key/artifact-key.ts";
export { parseSigningKey } from "./key/signature.ts";
export type { ArtifactLimits } from "./limits.ts";
export type { DescribeOptions, Device, ReadUpgradeOptions, SignaturePolicy } from "./options.ts";
export { describeUpgrade, readUpgrade } from "./read-upgrade.ts";
export { headBytes, recogniseUpgrade } from "./recognise.ts";
export type { UpgradeKind } from "./recognise.ts";
export type {
  ArtifactContents,
  ArtifactDescription,
  ArtifactReport,
  Compression,
  PayloadFile,
  RawReport,
  SetMember,
  SetReport,
  UpgradeDescription,
  UpgradeReport,
} from "./report.ts";
export { signArtifact } from "./sign/sign-artifact.ts";
export { descriptorSource, memorySource, streamSource } from "./sources.ts";
export type { ByteSource, PayloadSink, PayloadStart } from "./streams.ts";
