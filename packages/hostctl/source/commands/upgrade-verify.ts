// `image verify` of what a host is upgraded with: with the code of the host, without the host.
import { open, stat } from "node:fs/promises";
import { descriptorSource, parseArtifactKey, readUpgrade } from "@host-service/artifact";
import type { ArtifactKey, ReadUpgradeOptions, UpgradeReport } from "@host-service/artifact";
import { checkLocalFile } from "@host-service/client";
import { exitCodes } from "@host-service/protocol";
import { SignatureError, readDetached } from "@host-service/signature";
import type { Signer } from "@host-service/signature";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { printAnswer, printWarnings } from "../output/answer.ts";
import { verifiedLines } from "../output/upgrade-file.ts";
import { minisignKey } from "./minisign-key.ts";
import type { UpgradeFile } from "./upgrade-file.ts";

const path = ["image", "verify"];

export async function verifyUpgrade(invocation: Invocation, file: UpgradeFile): Promise<number> {
  if (invocation.values.has("manifest")) {
    throw new UsageError("Cannot verify: --manifest is for the parts of a container's image; leave it out", path);
  }
  if (file.kind === "raw") return await verifyRaw(invocation, file);
  if (invocation.values.has("signature")) {
    throw new UsageError("Cannot verify: an artifact has its signature in it; leave --signature out", path);
  }
  const given = invocation.lists.get("key") ?? [];
  if (given.length === 0) throw new UsageError("Cannot verify: give the public key, with --key", path);
  const type = invocation.values.get("device-type");
  const report = await read(invocation, file, {
    policy: { keys: await Promise.all(given.map(artifactKey)), signatureRequired: true },
    device: type === undefined ? undefined : { type, provides: "unknown" },
    // What the host allows is the host's to say.
    stateScripts: "allow",
    payloadTypes: "any",
  });
  return answer(invocation, report);
}

async function verifyRaw(invocation: Invocation, file: UpgradeFile): Promise<number> {
  if (invocation.values.has("device-type")) {
    throw new UsageError("Cannot verify: a raw image does not say what it is for; leave --device-type out", path);
  }
  const given = invocation.lists.get("key") ?? [];
  const isDigestGiven = invocation.values.has("sha256");
  if (given.length === 0 && !isDigestGiven) {
    throw new UsageError("Cannot verify: give the public key with --key, or the digest with --sha256", path);
  }
  const keys = await Promise.all(given.map(minisignKey));
  const signature = given.length === 0 ? undefined : await signatureOf(invocation, file);
  const report = await read(invocation, file, { rawImages: "take", blake2b512: signature !== undefined });
  if (report.kind !== "raw") throw new Error("unreachable: its beginning is of no artifact");
  if (signature === undefined) return answer(invocation, report);
  const keyring = { keys, expiry: new Map<string, Date>(), revoked: new Set<string>() };
  const blake2b512 = Buffer.from(report.blake2b512 ?? "", "hex");
  return answer(invocation, report, readDetached({ blake2b512, signature }, { keyring, now: new Date() }));
}

async function read(
  invocation: Invocation,
  file: UpgradeFile,
  options: Partial<ReadUpgradeOptions>,
): Promise<UpgradeReport> {
  const opened = await open(file.path, "r");
  try {
    return await readUpgrade(descriptorSource(opened.fd), {
      policy: { keys: [], signatureRequired: false },
      rawImages: "refuse",
      stateScripts: "refuse",
      payloadTypes: "rootfs-image",
      fileName: file.path,
      sourceBytes: file.bytes,
      expectedSha256: digestOf(invocation),
      program: invocation.program,
      ...options,
    });
  } finally {
    await opened.close();
  }
}

function digestOf({ values }: Invocation): string | undefined {
  const sha256 = values.get("sha256");
  if (sha256 === undefined || /^[0-9a-fA-F]{64}$/.test(sha256)) return sha256?.toLowerCase();
  throw new UsageError(`Cannot use --sha256 "${sha256}": a digest has 64 hexadecimal digits`, path);
}

async function artifactKey(given: string): Promise<ArtifactKey> {
  const file = await checkLocalFile(given, { action: "read", what: "a public key in PEM" });
  return parseArtifactKey(await Bun.file(file.path).text(), `"${given}"`);
}

async function signatureOf({ values }: Invocation, file: UpgradeFile): Promise<Uint8Array> {
  const given = values.get("signature") ?? `${file.path}.minisig`;
  if (!values.has("signature") && (await stat(given).catch(() => undefined)) === undefined) {
    throw new SignatureError(
      "no-signature",
      "Cannot verify the image: there is no signature beside it, as <file>.minisig; give --signature, or sign it with hostctl image sign",
    );
  }
  const found = await checkLocalFile(given, { action: "read", what: "a signature of minisign" });
  return await Bun.file(found.path).bytes();
}

function answer(invocation: Invocation, report: UpgradeReport, signer?: Signer): number {
  const { warnings, ...document } = report;
  printWarnings(signer === undefined ? warnings : []);
  printAnswer(invocation, documentOf(document, signer), ["OK", ...verifiedLines(report, signer)]);
  return exitCodes.done;
}

function documentOf(report: Omit<UpgradeReport, "warnings">, signer: Signer | undefined): object {
  return signer === undefined ? report : { ...report, signer };
}
