// What `hostctl system upgrade` takes: an artifact, a set of them, or a raw image, recognised by content and read in one pass.
import { checkCompatibility } from "./artifact/compatibility.ts";
import { describeArtifact, readArtifact } from "./artifact/read-artifact.ts";
import type { HeadRules } from "./artifact/head.ts";
import { ArtifactError } from "./error.ts";
import { limitsOf } from "./limits.ts";
import type { DescribeOptions, ReadUpgradeOptions, SignaturePolicy } from "./options.ts";
import { readRaw } from "./raw/read-raw.ts";
import { headBytes, recogniseUpgrade } from "./recognise.ts";
import { refusal } from "./refusal.ts";
import type { UpgradeDescription, UpgradeReport } from "./report.ts";
import { describeSet, readSet, setArchive } from "./set/read-set.ts";
import { abortable, fill, prepended } from "./sources.ts";
import type { ByteSource } from "./streams.ts";
import { TarArchive } from "./tar/tar-archive.ts";

const as = "the upgrade file";
const artifactArchive = { kind: "structure", cutOffKind: "truncated", what: "the file" } as const;
const sha256Digits = /^[0-9a-f]{64}$/u;

/**
 * Reads the source to its end and verifies all of it. What went to the sink counts only when this has resolved. Throws ArtifactError; an
 * ArchiveError "failed" where a decoder could not run; and whatever the source, the sink or the signal's reason is.
 */
export async function readUpgrade(source: ByteSource, options: ReadUpgradeOptions): Promise<UpgradeReport> {
  checkOptions(options);
  const expected = options.expectedSha256;
  const { kind, whole } = await open(source, options);
  checkKind(kind, options);
  if (expected === undefined) return await read(whole, kind, options);
  const hash = kind === "raw" ? undefined : new Bun.CryptoHasher("sha256");
  const report = await read(hash === undefined ? whole : hashed(whole, hash), kind, options);
  const digest = report.kind === "raw" ? report.sha256 : hash?.digest("hex");
  if (digest !== expected) throw refusal("checksum", `its SHA-256 is ${digest}, and ${expected} is expected`, { as });
  return report;
}

/** What the file says of itself, which nobody has verified; of a payload not more is read than its beginning. Throws ArtifactError. */
export async function describeUpgrade(source: ByteSource, options: DescribeOptions): Promise<UpgradeDescription> {
  const { kind, whole } = await open(source, options);
  const rules = headRules(options, { keys: [], signatureRequired: false });
  if (kind === "artifact") return await describeArtifact(new TarArchive(whole, artifactArchive), rules);
  if (kind === "set") return { kind, members: await describeSet(new TarArchive(whole, setArchive), rules) };
  return { kind };
}

async function open(
  given: ByteSource,
  { fileName, signal }: DescribeOptions,
): Promise<{ kind: "artifact" | "set" | "raw"; whole: ByteSource }> {
  const source = abortable(given, signal);
  const head = new Uint8Array(headBytes);
  const filled = await fill(source, head);
  const kind = recogniseUpgrade(head.subarray(0, filled));
  if (kind === "packed") throw refusal("not-an-artifact", "it is a packed file; unpack it first", { as });
  if (filled < headBytes) throw refusal("truncated", `it ends after ${filled} bytes`, { as });
  const whole = prepended(head, source);
  if (kind === "artifact" || kind === "set") return { kind, whole };
  if (kind === "foreign-tar" || /\.(?:multi-)?mender$/u.test(fileName ?? "")) {
    throw refusal("not-an-artifact", "it is neither a Mender artifact nor a set of them", { as });
  }
  return { kind: "raw", whole };
}

async function read(
  source: ByteSource,
  kind: "artifact" | "set" | "raw",
  options: ReadUpgradeOptions,
): Promise<UpgradeReport> {
  const { device, sink, policy, stateScripts, payloadTypes, slotBytes } = options;
  if (kind === "raw") return await readRaw(source, { ...options, file: options.fileName ?? "image" });
  const rules = { ...headRules(options, policy), stateScripts, payloadTypes, slotBytes };
  if (kind === "set") return await readSet(new TarArchive(source, setArchive), { ...rules, device, sink });
  return await readArtifact(new TarArchive(source, artifactArchive), {
    ...rules,
    admit(contents) {
      if (device !== undefined) checkCompatibility(contents, device);
      return sink;
    },
  });
}

function headRules({ limits: given, program, xz }: DescribeOptions, policy: SignaturePolicy): HeadRules {
  const limits = limitsOf(given);
  return { limits, decoders: { program, xz, xzMemoryBytesMax: limits.xzMemoryBytesMax }, policy };
}

function checkKind(kind: "artifact" | "set" | "raw", options: ReadUpgradeOptions): void {
  const { policy, rawImages, rawRefusal = "raw images are not allowed here", sets } = options;
  if (kind === "raw") {
    if (rawImages === "take") return;
    throw refusal("not-an-artifact", `it is neither a Mender artifact nor a set of them, and ${rawRefusal}`, { as });
  }
  if (kind === "set" && sets === "refuse") {
    throw refusal(
      "unsupported",
      "it is a set of artifacts, and one artifact is expected; take the one for this device",
      { as },
    );
  }
  checkKeys(policy);
}

/** Before a byte is read. */
function checkOptions({ policy, rawImages, limits, expectedSha256 }: ReadUpgradeOptions): void {
  // The keys for raw images are of another kind.
  if (rawImages === "refuse") checkKeys(policy);
  limitsOf(limits);
  if (expectedSha256 !== undefined && !sha256Digits.test(expectedSha256)) {
    const given = JSON.stringify(expectedSha256);
    throw new ArtifactError("config", `Cannot compare with the SHA-256 ${given}: it has to be 64 hexadecimal digits`);
  }
}

function checkKeys(policy: SignaturePolicy): void {
  if (!policy.signatureRequired || policy.keys.length > 0) return;
  const why = "a signature is required, and there is no PEM key to verify it with";
  throw new ArtifactError("config", `Cannot verify an upgrade: ${why}`);
}

function hashed(source: ByteSource, hash: Bun.CryptoHasher): ByteSource {
  return {
    async read(into) {
      const got = await source.read(into);
      hash.update(into.subarray(0, got));
      return got;
    },
  };
}
