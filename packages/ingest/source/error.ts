import { describeBytes } from "./size-text.ts";

/** Why bytes from outside did not become a file of the inbox. */
export type IngestProblem =
  | { kind: "missing-file" }
  | { kind: "bad-path"; why: string }
  | { kind: "not-regular"; found: string }
  | { kind: "descriptor-refused"; found: string }
  | { kind: "not-permitted"; doing: string }
  | { kind: "empty" }
  | { kind: "too-large"; bytes: number; bytesMax: number; nextStep: string }
  | {
      kind: "no-space";
      /** The whole image where its size is known, else what has arrived so far. */
      bytesNeeded: number;
      /** Free for this image and everything else, without what it had taken already. */
      bytesFree: number;
      bytesReserved: number;
      directory: string;
    }
  /** Bytes may be free, but no file can be made. */
  | { kind: "no-inodes"; directory: string }
  | { kind: "digest-mismatch"; sha256: string; sha256Expected: string }
  | { kind: "stalled"; stallTimeoutMs: number }
  | { kind: "cancelled" }
  | { kind: "incomplete"; bytes: number; bytesExpected: number | undefined }
  | { kind: "changed" }
  | UploadProblem
  | { kind: "failed"; reason: string };

/** What only a resumable upload can be refused for. */
type UploadProblem =
  /** Never there, expired, cancelled, used up, or another's. */
  | { kind: "unknown-upload" }
  | { kind: "too-many-uploads"; uploadsMax: number }
  | { kind: "upload-offset"; offset: number; offsetGiven: number }
  | { kind: "upload-length"; length: number | undefined; lengthGiven: number }
  | { kind: "upload-completed" }
  | { kind: "upload-incomplete"; bytes: number; length: number | undefined }
  /** A later request for the same upload took its place. */
  | { kind: "superseded" };

export type IngestErrorKind = IngestProblem["kind"];

/** The one error of this package; `problem` has the data of its `kind`. */
export class IngestError extends Error {
  override readonly name = "IngestError";
  readonly problem: IngestProblem;

  /** `action` completes "Cannot …", such as `receive "rootfs.tar.xz"`. */
  constructor(action: string, problem: IngestProblem, options?: { cause?: unknown }) {
    super(`Cannot ${action}: ${explain(problem)}`, options);
    this.problem = problem;
  }

  get kind(): IngestErrorKind {
    return this.problem.kind;
  }
}

/** Control characters are escaped, so that a name cannot rewrite the terminal it is shown on. */
export function quote(value: string): string {
  return JSON.stringify(value);
}

const pathShownMax = 256;

/** A path of kilobytes would drown the reason. */
export function quotePath(path: string): string {
  return quote(path.length <= pathShownMax ? path : `${path.slice(0, pathShownMax)}…`);
}

/** The errno name of an error of the runtime or of `disk`. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function explain(problem: IngestProblem): string {
  switch (problem.kind) {
    case "missing-file":
      return "there is no such file; check the path";
    case "bad-path":
      return `${problem.why}; give an absolute path`;
    case "not-regular":
      return `it is ${problem.found}; give a regular file`;
    case "descriptor-refused":
      return `${problem.found}; hand over one regular file that is open for reading`;
    case "not-permitted":
      return `the daemon may not ${problem.doing}; check the permissions of the file and of the directories above it`;
    case "empty":
      return "it is empty; check how it was made";
    case "too-large":
      return `it has at least ${describeBytes(problem.bytes)}, the limit is ${describeBytes(problem.bytesMax)}; ${problem.nextStep}`;
    case "no-space":
      return explainSpace(problem);
    case "no-inodes":
      return `no file can be made on the file system of ${quote(problem.directory)}, which is full (df, df -i); remove files there and try again`;
    case "digest-mismatch":
      return `its sha-256 is "${problem.sha256}", expected "${problem.sha256Expected}"; send it again, or correct the digest`;
    case "stalled":
      return `nothing arrived for ${problem.stallTimeoutMs / 1000} s; check the sender and send it again`;
    case "cancelled":
      return "it was cancelled";
    case "incomplete":
      return explainLength(problem);
    case "changed":
      return "the file changed while it was copied; wait until it is complete and try again";
    case "unknown-upload":
    case "too-many-uploads":
    case "upload-offset":
    case "upload-length":
    case "upload-completed":
    case "upload-incomplete":
    case "superseded":
      return explainUpload(problem);
    case "failed":
      return problem.reason;
  }
}

function explainUpload(problem: UploadProblem): string {
  switch (problem.kind) {
    case "unknown-upload":
      return "there is none of that id, or it has expired; begin a new one";
    case "too-many-uploads":
      return `${problem.uploadsMax} are kept already, which is limits.uploads_max; install or delete one of them, or let it expire`;
    case "upload-offset":
      return `it goes on at byte ${problem.offset}, not at ${problem.offsetGiven}; ask for its offset and go on there`;
    case "upload-length":
      return `its length was said to be ${problem.length ?? "unknown"} and is now ${problem.lengthGiven}; say the same each time`;
    case "upload-completed":
      return "it is complete already; install it, or begin a new one";
    case "upload-incomplete": {
      const all = problem.length === undefined ? "" : ` of ${problem.length}`;
      return `only ${problem.bytes} bytes${all} of it have arrived; send the rest and complete it`;
    }
    case "superseded":
      return "a later request for the same upload took its place";
  }
}

function explainSpace(problem: Extract<IngestProblem, { kind: "no-space" }>): string {
  const { bytesNeeded, bytesFree, bytesReserved, directory } = problem;
  const reserved = bytesReserved === 0 ? "" : `, of which ${describeBytes(bytesReserved)} are kept in reserve`;
  return (
    `it needs at least ${describeBytes(bytesNeeded)} and ${describeBytes(bytesFree)} are free${reserved}; ` +
    `make room on the file system of ${quote(directory)} and try again`
  );
}

function explainLength({ bytes, bytesExpected }: Extract<IngestProblem, { kind: "incomplete" }>): string {
  if (bytesExpected === undefined) return `it ended after ${describeBytes(bytes)}; send it again`;
  if (bytes < bytesExpected) {
    return `it ended after ${describeBytes(bytes)} of ${describeBytes(bytesExpected)}; send it again`;
  }
  return `it has ${describeBytes(bytes)}, but ${describeBytes(bytesExpected)} were announced; send it again`;
}
