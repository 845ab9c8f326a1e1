// What the installer and its two jobs tell each other. A job reads what strangers wrote, so what it says is checked like theirs.
import {
  array,
  boolean,
  exactOptional,
  type InferOutput,
  integer,
  literal,
  minValue,
  number,
  picklist,
  pipe,
  record,
  strictObject,
  string,
  variant,
} from "@host-service/schema";

export const count = pipe(number(), integer(), minValue(0));

/** What an upgrade has to be, to be taken. */
export const terms = strictObject({
  fileName: exactOptional(string()),
  /** Of the whole file, in hexadecimal. */
  expectedSha256: exactOptional(string()),
  /** Public keys in PEM, and what messages call them; only those that count. */
  keys: array(strictObject({ pem: string(), subject: string() })),
  signatureRequired: boolean(),
  rawImages: picklist(["refuse", "take"]),
  /** Why raw images are refused, and what to do: a clause. */
  rawRefusal: exactOptional(string()),
  /** Without it nobody is asked whether the artifact fits. */
  device: exactOptional(strictObject({ type: string(), provides: record(string(), string()) })),
  limits: exactOptional(record(string(), count)),
});
export type Terms = InferOutput<typeof terms>;

export const jobSource = strictObject({
  kind: picklist(["file", "handed-over", "stream"]),
  bytes: exactOptional(count),
});

export const writeRequest = strictObject({
  source: jobSource,
  slot: strictObject({ bytes: count, logicalBlockBytes: count }),
  terms,
  /** Hash a raw image for a detached signature, too. */
  blake2b512: boolean(),
  /** The argv of this program, for the decoders. */
  program: array(string()),
  isConfined: boolean(),
});
export type WriteRequest = InferOutput<typeof writeRequest>;

/** How a job says that it failed. */
export const failed = strictObject({
  type: literal("failed"),
  /** Whose kind it is; "other" is a failure that nobody expected. */
  by: picklist(["artifact", "upgrade", "other"]),
  kind: string(),
  message: string(),
});

export const signer = strictObject({
  keyId: string(),
  verified: boolean(),
  trustedComment: exactOptional(string()),
});

export const named = { name: exactOptional(string()), version: exactOptional(string()) };

const image = strictObject({
  ...named,
  sha256: string(),
  bytes: count,
  /** Of a raw image alone, where it was asked for. */
  blake2b512: exactOptional(string()),
  provides: exactOptional(record(string(), string())),
  signer: exactOptional(signer),
  warnings: array(string()),
});
export type WrittenImage = InferOutput<typeof image>;

/** A line of the job that writes. */
export const writeMessage = variant("type", [
  strictObject({ type: literal("progress"), bytesRead: count, bytesWritten: count }),
  /** It waits for one byte on its descriptor `permission` before it changes the slot. */
  strictObject({ ...named, type: literal("begin"), bytes: exactOptional(count) }),
  strictObject({ type: literal("done"), image }),
  failed,
]);
export type WriteMessage = InferOutput<typeof writeMessage>;

/** A line of the job that reads back. */
export const readBackMessage = variant("type", [
  strictObject({ type: literal("progress"), bytes: count }),
  strictObject({ type: literal("done"), bytes: count, sha256: string() }),
  failed,
]);
export type ReadBackMessage = InferOutput<typeof readBackMessage>;
export type JobFailure = InferOutput<typeof failed>;
