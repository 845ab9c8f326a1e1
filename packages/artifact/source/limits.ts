import { ArtifactError } from "./error.ts";

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** What an artifact may take before it is trusted (specification, section 4). */
export interface ArtifactLimits {
  readonly versionBytesMax: number;
  readonly manifestBytesMax: number;
  readonly signatureBytesMax: number;
  readonly headerBytesMax: number;
  readonly headerUnpackedBytesMax: number;
  readonly headerMembersMax: number;
  readonly xzMemoryBytesMax: number;
  readonly setMembersMax: number;
}

const defaults: ArtifactLimits = {
  versionBytesMax: 4 * kibibyte,
  manifestBytesMax: 64 * kibibyte,
  signatureBytesMax: 4 * kibibyte,
  headerBytesMax: 4 * mebibyte,
  headerUnpackedBytesMax: 16 * mebibyte,
  headerMembersMax: 128,
  xzMemoryBytesMax: 128 * mebibyte,
  setMembersMax: 16,
};

const ceilings: ArtifactLimits = {
  versionBytesMax: 4 * kibibyte,
  manifestBytesMax: mebibyte,
  signatureBytesMax: 4 * kibibyte,
  headerBytesMax: 16 * mebibyte,
  headerUnpackedBytesMax: 64 * mebibyte,
  headerMembersMax: 128,
  xzMemoryBytesMax: 256 * mebibyte,
  setMembersMax: 64,
};

/** How many zeros may stand behind the two blocks that end an archive. */
export const paddingBytesMax = 64 * kibibyte;

/** The defaults with what is given in their place. Throws ArtifactError "config" for what no configuration may ask for. */
export function limitsOf(given: Partial<ArtifactLimits> = {}): ArtifactLimits {
  const limits = { ...defaults, ...given };
  for (const name of limitNames) {
    const [value, ceiling] = [limits[name], ceilings[name]];
    if (Number.isSafeInteger(value) && value >= 1 && value <= ceiling) continue;
    throw new ArtifactError("config", `Cannot use the limit ${name} of ${value}: it has to be from 1 to ${ceiling}`);
  }
  return limits;
}

const limitNames = [
  "versionBytesMax",
  "manifestBytesMax",
  "signatureBytesMax",
  "headerBytesMax",
  "headerUnpackedBytesMax",
  "headerMembersMax",
  "xzMemoryBytesMax",
  "setMembersMax",
] as const satisfies readonly (keyof ArtifactLimits)[];
