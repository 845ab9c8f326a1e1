// The child's side of what it tells: one JSON document a line on standard output, the last one is "done" or "failed".
import { writeSync } from "node:fs";
import { ArtifactError } from "@host-service/artifact";
import { UpgradeError } from "../error.ts";
import { codeOf, messageOf } from "../system-error.ts";
import type { VerifyMessage } from "../verify/messages.ts";
import type { JobFailure, ReadBackMessage, WriteMessage } from "./messages.ts";

const outputFd = 1;
const intervalMs = 200;

export function say(message: WriteMessage | ReadBackMessage | VerifyMessage): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  try {
    for (let written = 0; written < line.byteLength;) written += writeSync(outputFd, line, written);
  } catch (error) {
    // Whoever started the job has gone, and it is about to be killed.
    if (codeOf(error) !== "EPIPE") throw error;
  }
}

/** At most five lines a second. A line says that the job is alive, so it is called after progress only. */
export function progressTeller(message: () => WriteMessage | ReadBackMessage | VerifyMessage): () => void {
  let nextMs = performance.now() + intervalMs;
  return () => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + intervalMs;
    say(message());
  };
}

export function failureOf(error: unknown): JobFailure {
  const message = messageOf(error);
  if (error instanceof ArtifactError) return { type: "failed", by: "artifact", kind: error.kind, message };
  if (error instanceof UpgradeError) return { type: "failed", by: "upgrade", kind: error.kind, message };
  return { type: "failed", by: "other", kind: "", message };
}
