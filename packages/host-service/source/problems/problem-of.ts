// The one place where the failures of the parts get their wire codes. No failure is told apart by its text.
import { ArchiveError } from "@host-service/archive";
import type { ArchiveErrorKind } from "@host-service/archive";
import { ArtifactError } from "@host-service/artifact";
import type { ArtifactErrorKind } from "@host-service/artifact";
import { DiskError } from "@host-service/disk";
import { IngestError } from "@host-service/ingest";
import type { IngestErrorKind } from "@host-service/ingest";
import { PortableError } from "@host-service/portable/error";
import type { PortableErrorKind } from "@host-service/portable/error";
import { problem } from "@host-service/protocol";
import type { Problem, ProblemCode } from "@host-service/protocol";
import { RuntimeError } from "@host-service/runtime";
import type { RuntimeErrorKind } from "@host-service/runtime";
import { SchemaError } from "@host-service/schema";
import { SignatureError } from "@host-service/signature";
import { SlotsError } from "@host-service/slots";
import type { SlotsErrorKind } from "@host-service/slots";
import { UpgradeError } from "@host-service/upgrade";
import type { UpgradeErrorKind } from "@host-service/upgrade";
import { UnitError } from "@host-service/runtime/units";
import type { UnitErrorKind } from "@host-service/runtime/units";
import { OperationError } from "../operations/error.ts";
import type { OperationErrorKind } from "../operations/error.ts";
import { PowerError } from "../power/power.ts";
import { RequestError } from "./request-error.ts";

const ingestCodes: Record<IngestErrorKind, ProblemCode> = {
  "missing-file": "source-refused",
  "bad-path": "source-refused",
  "not-regular": "source-refused",
  "descriptor-refused": "source-refused",
  "not-permitted": "source-refused",
  empty: "source-refused",
  changed: "source-refused",
  incomplete: "source-refused",
  "too-large": "too-large",
  "no-space": "no-space",
  "no-inodes": "no-space",
  "digest-mismatch": "digest-mismatch",
  stalled: "stalled",
  cancelled: "cancelled",
  superseded: "cancelled",
  "unknown-upload": "not-found",
  "too-many-uploads": "busy",
  "upload-offset": "upload-offset",
  "upload-length": "upload-length",
  "upload-completed": "upload-completed",
  "upload-incomplete": "source-refused",
  failed: "failed",
};

const archiveCodes: Record<ArchiveErrorKind, ProblemCode> = {
  "not-an-archive": "image-refused",
  truncated: "image-refused",
  corrupt: "image-refused",
  "entry-refused": "image-refused",
  "too-many-entries": "too-large",
  "too-large": "too-large",
  "no-space": "no-space",
  bundle: "image-refused",
  config: "image-refused",
  cancelled: "cancelled",
  failed: "failed",
};

const runtimeCodes: Record<RuntimeErrorKind, ProblemCode> = {
  "not-granted": "not-allowed",
  "not-supported": "not-supported",
  value: "image-refused",
  rootfs: "image-refused",
  volume: "failed",
  host: "failed",
};

const slotsCodes: Record<SlotsErrorKind, ProblemCode> = {
  refused: "refused-in-state",
  unresolved: "unresolved",
  busy: "busy",
  unreadable: "record-unusable",
  "later-format": "record-unusable",
  missing: "not-found",
  "no-ids": "failed",
  name: "invalid-request",
};

const artifactCodes: Record<ArtifactErrorKind, ProblemCode> = {
  "not-an-artifact": "image-refused",
  structure: "image-refused",
  truncated: "image-refused",
  limit: "too-large",
  version: "image-refused",
  manifest: "image-refused",
  signature: "signature-refused",
  checksum: "digest-mismatch",
  header: "image-refused",
  unsupported: "image-refused",
  incompatible: "image-refused",
  payload: "image-refused",
  space: "no-space",
  config: "failed",
};

const upgradeCodes: Record<UpgradeErrorKind, ProblemCode> = {
  "boot-environment": "boot-environment",
  device: "upgrade-failed",
  io: "upgrade-failed",
  space: "no-space",
  backend: "upgrade-failed",
  "unknown-slot": "upgrade-failed",
  cancelled: "cancelled",
  stalled: "stalled",
};

const portableCodes: Record<PortableErrorKind, ProblemCode> = {
  "no-bus": "not-supported",
  "no-service": "not-supported",
  "bus-lost": "failed",
  timeout: "failed",
  reply: "failed",
  service: "failed",
  image: "image-refused",
  findings: "image-refused",
  "not-active": "image-refused",
  "no-image": "not-found",
  "unit-exists": "refused-in-state",
  "not-attached": "refused-in-state",
  foreign: "refused-in-state",
  denied: "not-allowed",
  "no-space": "no-space",
  name: "invalid-request",
};

const operationCodes: Record<OperationErrorKind, ProblemCode> = {
  busy: "busy",
  "too-many": "busy",
  stopping: "busy",
  "not-found": "not-found",
  "id-taken": "invalid-request",
  "too-late": "refused-in-state",
  cancelled: "cancelled",
};

const unitCodes: Record<UnitErrorKind, ProblemCode> = {
  "no-systemd": "not-supported",
  "no-unit": "not-supported",
  failed: "unit-failed",
  timeout: "unit-failed",
  "not-running": "refused-in-state",
};

/** The problem document of an expected failure; undefined where nobody foresaw it. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof RequestError) return problem(error.code, error.message);
  if (error instanceof SchemaError) return problem("invalid-request", error.message);
  if (error instanceof IngestError) return problem(ingestCodes[error.kind], error.message, offsetsOf(error));
  if (error instanceof ArchiveError) return problem(archiveCodes[error.kind], error.message);
  if (error instanceof RuntimeError) return problem(runtimeCodes[error.kind], error.message);
  if (error instanceof SignatureError) return problem("signature-refused", error.message);
  if (error instanceof SlotsError) return problem(slotsCodes[error.kind], error.message);
  if (error instanceof ArtifactError) return problem(artifactCodes[error.kind], error.message, { class: error.kind });
  if (error instanceof UpgradeError) return problem(upgradeCodes[error.kind], error.message);
  if (error instanceof PortableError) return problem(portableCodes[error.kind], error.message);
  if (error instanceof UnitError) return problem(unitCodes[error.kind], error.message);
  if (error instanceof PowerError) {
    return problem(error.kind === "not-configured" ? "not-supported" : "power-failed", error.message);
  }
  if (error instanceof OperationError) {
    const operation = error.kind === "busy" ? error.operation : undefined;
    return problem(operationCodes[error.kind], error.message, operation === undefined ? {} : { operation });
  }
  if (error instanceof DiskError && error.kind === "no-space") {
    return problem("no-space", `${error.message}; free some space on that partition`);
  }
  return undefined;
}

function offsetsOf({ problem: found }: IngestError): { "expected-offset"?: number; "provided-offset"?: number } {
  if (found.kind !== "upload-offset") return {};
  return { "expected-offset": found.offset, "provided-offset": found.offsetGiven };
}
