/**
 * Everything that can go wrong on the wire: the closed list of problem codes, each with its HTTP status and the
 * exit code of hostctl (1 failed, 2 usage, 3 no connection, 4 refused in this state, 5 verification failed, 6 busy,
 * 7 no space, 8 not allowed). Titles are the fixed, short text that RFC 9457 asks for; the detail is per occurrence. `type` is a registered
 * problem type, where there is one.
 */
export const problemCodes = {
  "invalid-request": { status: 400, exit: 2, title: "The request is not valid" },
  "not-found": { status: 404, exit: 1, title: "There is no such thing" },
  "method-not-allowed": { status: 405, exit: 1, title: "The method does not fit the resource" },
  "not-allowed": { status: 403, exit: 8, title: "The caller may not do this" },
  "refused-in-state": { status: 409, exit: 4, title: "Refused in this state" },
  unresolved: { status: 409, exit: 4, title: "The boot hook has not run in this boot" },
  "trial-running": { status: 409, exit: 4, title: "A trial would be rolled back" },
  busy: { status: 409, exit: 6, title: "Another operation is running" },
  "source-refused": { status: 422, exit: 1, title: "The source cannot be read" },
  "image-refused": { status: 422, exit: 5, title: "The image is not acceptable" },
  "signature-refused": { status: 422, exit: 5, title: "The image is not signed as this host asks" },
  "digest-mismatch": { status: 422, exit: 5, title: "The bytes are not those of the given digest" },
  "too-large": { status: 413, exit: 5, title: "A limit was exceeded" },
  stalled: { status: 408, exit: 1, title: "No bytes arrived for too long" },
  cancelled: { status: 409, exit: 1, title: "The operation was cancelled" },
  "upgrade-failed": { status: 500, exit: 1, title: "The upgrade could not be installed" },
  "boot-environment": { status: 500, exit: 1, title: "The boot loader could not be told" },
  "no-space": { status: 507, exit: 7, title: "There is not enough space" },
  "not-supported": { status: 501, exit: 1, title: "This host cannot do that" },
  "record-unusable": { status: 500, exit: 1, title: "The record cannot be used" },
  "power-failed": { status: 502, exit: 1, title: "The host did not take the power command" },
  "unit-failed": { status: 502, exit: 1, title: "systemd could not start or stop the container" },
  "upload-offset": {
    status: 409,
    exit: 1,
    title: "Mismatching Upload Offset",
    type: "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
  },
  "upload-length": {
    status: 400,
    exit: 1,
    title: "Inconsistent Upload Length Values",
    type: "https://iana.org/assignments/http-problem-types#inconsistent-upload-length",
  },
  "upload-completed": {
    status: 400,
    exit: 1,
    title: "Upload Is Completed",
    type: "https://iana.org/assignments/http-problem-types#completed-upload",
  },
  failed: { status: 500, exit: 1, title: "The operation failed" },
} as const satisfies Record<string, { status: number; exit: number; title: string; type?: string }>;

export type ProblemCode = keyof typeof problemCodes;

export function isProblemCode(word: string): word is ProblemCode {
  return Object.hasOwn(problemCodes, word);
}

/** Exit codes of hostctl for what has no problem document. */
export const exitCodes = { done: 0, failed: 1, usage: 2, noConnection: 3 } as const;
