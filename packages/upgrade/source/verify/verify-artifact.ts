// Before a tool of the host gets an artifact: a job reads all of it, in the same way as what this package writes itself.
import type { InstallOptions, UpgradeSource } from "../installer.ts";
import { watchFor } from "../partitions/interruption.ts";
import { startJob } from "../partitions/job-process.ts";
import type { Terms } from "../partitions/messages.ts";
import { type VerifiedArtifact, type VerifyRequest, verifyMessage } from "./messages.ts";

export interface Verification extends Pick<InstallOptions, "signal" | "onProgress"> {
  readonly program: readonly string[];
  readonly terms: Omit<Terms, "rawImages">;
  readonly payloadTypes: VerifyRequest["payloadTypes"];
  /** How long nothing may be read. */
  readonly stallTimeoutMs: number;
}

/** Throws ArtifactError where the file is to blame, else UpgradeError. When it has settled, the job has ended. */
export async function verifyArtifact(
  { fd, bytes }: Extract<UpgradeSource, { kind: "file" }>,
  { program, terms, payloadTypes, stallTimeoutMs, signal, onProgress }: Verification,
): Promise<VerifiedArtifact> {
  const interruption = watchFor(signal, stallTimeoutMs);
  const request: VerifyRequest = {
    source: { kind: "file", bytes },
    // Nor a set: a tool takes one artifact.
    terms: { ...terms, rawImages: "refuse" },
    payloadTypes,
    program: [...program],
    isConfined: false,
  };
  const job = startJob(verifyMessage, {
    program,
    name: "verify",
    argument: JSON.stringify(request),
    input: fd,
    descriptors: [],
    onMessage(message) {
      interruption.alive();
      if (message.type === "progress") onProgress({ phase: "verify", bytes: message.bytesRead, bytesTotal: bytes });
    },
  });
  try {
    job.done.catch(() => undefined);
    return (await Promise.race([job.done, interruption.happened])).artifact;
  } finally {
    job.kill();
    await job.ended;
    interruption.end();
  }
}
