// What is known of an upload, beside its bytes: `<id>.upload` has them, `<id>.upload.json` has this. It is written after the bytes that it
// speaks of are durable, so that after a power cut no offset is told that the disk does not have.

export interface UploadState {
  readonly format: 1;
  /** Whose it is; for everybody else it does not exist. */
  readonly owner: string;
  readonly createdAtMs: number;
  /** What the whole will have, where its sender has said it. */
  readonly length: number | undefined;
  /** What the whole has to hash to, in hexadecimal. */
  readonly sha256Expected: string | undefined;
  /** So many bytes are durable. */
  readonly offset: number;
  /** Given once everything has arrived and was verified. */
  readonly sha256: string | undefined;
}

/** Two files for each upload; the id is 32 hexadecimal digits, which no other name of the inbox has before a dot. */
const uploadName = /^\.?([0-9a-f]{32})\.upload(\.json(\.new)?)?$/;
const uploadId = /^[0-9a-f]{32}$/;

/** The id in a name of the inbox, or undefined where the name is not one of an upload. */
export function idInName(name: string): string | undefined {
  return uploadName.exec(name)?.[1];
}

export function isUploadId(text: string): boolean {
  return uploadId.test(text);
}

export function formatState(state: UploadState): string {
  return `${JSON.stringify(state)}\n`;
}

/** Undefined where it is not one that this version wrote: what cannot be read cannot be gone on with. */
export function parseState(text: string): UploadState | undefined {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null) return undefined;
  const members: Partial<Record<keyof UploadState, unknown>> = value;
  const { format, owner, createdAtMs, offset, length, sha256Expected, sha256 } = members;
  if (format !== 1 || typeof owner !== "string") return undefined;
  if (!isCount(createdAtMs) || !isCount(offset)) return undefined;
  if (length !== undefined && !isCount(length)) return undefined;
  if (!isDigestOrAbsent(sha256Expected) || !isDigestOrAbsent(sha256)) return undefined;
  return { format, owner, createdAtMs, offset, length, sha256Expected, sha256 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller treats it as every other text that says nothing.
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isDigestOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === "string" && /^[0-9a-f]{64}$/.test(value));
}
