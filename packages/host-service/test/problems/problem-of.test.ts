import { expect, test } from "bun:test";
import { ArchiveError } from "@host-service/archive";
import type { ArchiveErrorKind } from "@host-service/archive";
import { DiskError } from "@host-service/disk";
import type { DiskErrorKind } from "@host-service/disk";
import { IngestError } from "@host-service/ingest";
import type { IngestErrorKind, IngestProblem } from "@host-service/ingest";
import { problemCodes } from "@host-service/protocol";
import type { ProblemCode } from "@host-service/protocol";
import { RuntimeError } from "@host-service/runtime";
import type { RuntimeErrorKind } from "@host-service/runtime";
import { SchemaError } from "@host-service/schema";
import { SignatureError } from "@host-service/signature";
import type { SignatureErrorKind } from "@host-service/signature";
import { UnitError } from "@host-service/runtime/units";
import type { UnitErrorKind } from "@host-service/runtime/units";
import { SlotsError } from "@host-service/slots";
import type { SlotsErrorKind } from "@host-service/slots";
import { OperationError } from "../../source/operations/error.ts";
import type { OperationErrorKind } from "../../source/operations/error.ts";
import { PowerError } from "../../source/power/power.ts";
import type { PowerErrorKind } from "../../source/power/power.ts";
import { problemOf } from "../../source/problems/problem-of.ts";
import { RequestError } from "../../source/problems/request-error.ts";
import { PublishError } from "../../source/listeners/publish.ts";

const codeOf = (error: unknown) => problemOf(error)?.code;
const ids = { sha256: "a", sha256Expected: "b" };
const space = { bytesNeeded: 2, bytesFree: 1, bytesReserved: 0, directory: "/" };

// The compiler keeps each table complete: a kind without a line here does not compile.
const ingest: Record<IngestErrorKind, [IngestProblem, ProblemCode]> = {
  "no-inodes": [{ kind: "no-inodes", directory: "/" }, "no-space"],
  "missing-file": [{ kind: "missing-file" }, "source-refused"],
  "bad-path": [{ kind: "bad-path", why: "w" }, "source-refused"],
  "not-regular": [{ kind: "not-regular", found: "a directory" }, "source-refused"],
  "descriptor-refused": [{ kind: "descriptor-refused", found: "a directory" }, "source-refused"],
  "not-permitted": [{ kind: "not-permitted", doing: "read it" }, "source-refused"],
  empty: [{ kind: "empty" }, "source-refused"],
  changed: [{ kind: "changed" }, "source-refused"],
  incomplete: [{ kind: "incomplete", bytes: 1, bytesExpected: 2 }, "source-refused"],
  "too-large": [{ kind: "too-large", bytes: 2, bytesMax: 1, nextStep: "send less" }, "too-large"],
  "no-space": [{ kind: "no-space", ...space }, "no-space"],
  "digest-mismatch": [{ kind: "digest-mismatch", ...ids }, "digest-mismatch"],
  stalled: [{ kind: "stalled", stallTimeoutMs: 1 }, "stalled"],
  cancelled: [{ kind: "cancelled" }, "cancelled"],
  superseded: [{ kind: "superseded" }, "cancelled"],
  "unknown-upload": [{ kind: "unknown-upload" }, "not-found"],
  "too-many-uploads": [{ kind: "too-many-uploads", uploadsMax: 4 }, "busy"],
  "upload-offset": [{ kind: "upload-offset", offset: 1, offsetGiven: 2 }, "upload-offset"],
  "upload-length": [{ kind: "upload-length", length: 1, lengthGiven: 2 }, "upload-length"],
  "upload-completed": [{ kind: "upload-completed" }, "upload-completed"],
  "upload-incomplete": [{ kind: "upload-incomplete", bytes: 1, length: 2 }, "source-refused"],
  failed: [{ kind: "failed", reason: "it broke" }, "failed"],
};

const runtime: Record<RuntimeErrorKind, ProblemCode> = {
  "not-granted": "not-allowed",
  "not-supported": "not-supported",
  value: "image-refused",
  rootfs: "image-refused",
  volume: "failed",
  host: "failed",
};

const archive: Record<ArchiveErrorKind, ProblemCode> = {
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

const signature: Record<SignatureErrorKind, ProblemCode> = {
  "no-signature": "signature-refused",
  "signature-invalid": "signature-refused",
  "unknown-key": "signature-refused",
  "bad-signature": "signature-refused",
  "bad-comment-signature": "signature-refused",
  "key-expired": "signature-refused",
  "key-revoked": "signature-refused",
  "manifest-invalid": "signature-refused",
  "manifest-mismatch": "signature-refused",
  "missing-part": "signature-refused",
  "extra-part": "signature-refused",
  "wrong-image": "signature-refused",
  // These three are about keys that a person gives: none comes from a request.
  "key-invalid": "signature-refused",
  "password-needed": "signature-refused",
  "wrong-password": "signature-refused",
};

const slots: Record<SlotsErrorKind, ProblemCode> = {
  refused: "refused-in-state",
  unresolved: "unresolved",
  busy: "busy",
  unreadable: "record-unusable",
  "later-format": "record-unusable",
  missing: "not-found",
  "no-ids": "failed",
  name: "invalid-request",
};

const operations: Record<OperationErrorKind, ProblemCode> = {
  busy: "busy",
  "too-many": "busy",
  stopping: "busy",
  "not-found": "not-found",
  "id-taken": "invalid-request",
  "too-late": "refused-in-state",
  cancelled: "cancelled",
};

const units: Record<UnitErrorKind, ProblemCode> = {
  "no-systemd": "not-supported",
  "no-unit": "not-supported",
  failed: "unit-failed",
  timeout: "unit-failed",
  "not-running": "refused-in-state",
};

const power: Record<PowerErrorKind, ProblemCode> = {
  "not-configured": "not-supported",
  "command-failed": "power-failed",
};

/** A full disk is the caller's to know; every other failure of the disk is one that a part should have foreseen. */
const disk: Record<DiskErrorKind, ProblemCode | undefined> = {
  missing: undefined,
  exists: undefined,
  "no-space": "no-space",
  "lock-held": undefined,
  escapes: undefined,
  "not-regular": undefined,
  "system-call": undefined,
};

function codesBy(table: object, make: (kind: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.keys(table).map((kind) => [kind, codeOf(make(kind))]));
}

test("problemOf has a code for every kind of every part's error", () => {
  for (const [problem, code] of Object.values(ingest))
    expect(codeOf(new IngestError("receive it", problem))).toBe(code);
  expect(codesBy(archive, (kind) => new ArchiveError(kind as ArchiveErrorKind, "x"))).toEqual(archive);
  expect(codesBy(units, (kind) => new UnitError(kind as UnitErrorKind, "x"))).toEqual(units);
  expect(codesBy(runtime, (kind) => new RuntimeError(kind as RuntimeErrorKind, "x"))).toEqual(runtime);
  expect(codesBy(signature, (kind) => new SignatureError(kind as SignatureErrorKind, "x"))).toEqual(signature);
  expect(codesBy(slots, (kind) => new SlotsError(kind as SlotsErrorKind, "x"))).toEqual(slots);
  expect(codesBy(operations, (kind) => new OperationError(kind as OperationErrorKind, "x"))).toEqual(operations);
  expect(codesBy(power, (kind) => new PowerError(kind as PowerErrorKind, "x"))).toEqual(power);
  const failure = (kind: string) => new DiskError({ kind: kind as DiskErrorKind, code: "E", call: "write" });
  expect(codesBy(disk, failure)).toEqual(disk);
  expect(codesBy(problemCodes, (code) => new RequestError(code as ProblemCode, "x"))).toEqual(
    Object.fromEntries(Object.keys(problemCodes).map((code) => [code, code])),
  );
  expect(codeOf(new SchemaError("the request", { path: "", problem: "x" }))).toBe("invalid-request");
});

test("problemOf says the sentence of the error, and with busy which operation is in the way", () => {
  expect(problemOf(new OperationError("busy", "Cannot begin: busy", "the-id"))).toMatchObject({
    detail: "Cannot begin: busy",
    operation: "the-id",
  });
  expect(problemOf(new OperationError("too-late", "Cannot cancel: too late", "the-id"))).not.toHaveProperty(
    "operation",
  );
});

test("problemOf is undefined for what nobody foresaw", () => {
  const unknown = [new Error("busy"), new TypeError("x"), new PublishError("failed", "x"), "busy", undefined, null, {}];
  expect(unknown.map(problemOf)).toEqual(unknown.map(() => undefined));
});
