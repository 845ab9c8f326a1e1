// The child that reads an artifact and verifies it, and writes nothing: for a tool of the host, which writes it itself.
import { type ArtifactReport, headBytes, parseArtifactKey, readUpgrade } from "@host-service/artifact";
import { parentDeathSignal } from "@host-service/disk";
import { parse } from "@host-service/schema";
import { failureOf, progressTeller, say } from "../partitions/report.ts";
import { shutOuterDoor, startOverConfined } from "../partitions/write/jail.ts";
import { namesOf } from "../partitions/write/read-upgrade.ts";
import { openSource } from "../partitions/write/source.ts";
import { type VerifiedArtifact, type VerifyRequest, verifyRequest } from "./messages.ts";

const sourceFd = 0;
const SIGKILL = 9;

/** `job verify {…}`: answers the exit code; what happened is in the last line of the output. */
export async function runVerifyJob(argv: readonly string[]): Promise<number> {
  try {
    const request = parse(verifyRequest, JSON.parse(argv[0] ?? "null"), { subject: "the request to verify" });
    if (!parentDeathSignal(SIGKILL)) return 1;
    if (!request.isConfined && process.geteuid?.() === 0) startOverConfined("verify", request, []);
    say({ type: "done", artifact: await verifyHere(request) });
    return 0;
  } catch (error) {
    say(failureOf(error));
    return 1;
  }
}

async function verifyHere(request: VerifyRequest): Promise<VerifiedArtifact> {
  const { terms, payloadTypes, program } = request;
  const tell = progressTeller(() => ({ type: "progress", bytesRead: source.bytesRead }));
  const source = openSource(sourceFd, request.source, { headBytes, onRead: tell });
  shutOuterDoor();
  const { keys, signatureRequired, ...rest } = terms;
  const report = await readUpgrade(source, {
    ...rest,
    policy: { keys: keys.map(({ pem, subject }) => parseArtifactKey(pem, subject)), signatureRequired },
    // The tool runs them, from what was verified here.
    stateScripts: "allow",
    payloadTypes,
    sets: "refuse",
    sourceBytes: source.bytesTotal,
    program,
  });
  if (report.kind !== "artifact") throw new Error(`Invariant: ${report.kind} was not asked for`);
  return verifiedArtifact(report);
}

function verifiedArtifact(report: ArtifactReport): VerifiedArtifact {
  const { keyFingerprint: keyId, payloadType, provides, warnings } = report;
  return {
    ...namesOf(report),
    payloadType,
    provides: { ...provides },
    ...(keyId === undefined ? {} : { signer: { keyId, verified: true } }),
    warnings: [...warnings],
  };
}
