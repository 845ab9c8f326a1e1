import { reasonOf } from "@host-service/disk";

/** The name of the errno, of an error of the runtime or of `disk`. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** "No space left on device (ENOSPC)"; what is no system error says what it has to say. */
export function systemReason(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return messageOf(error);
  const reason = reasonOf(code);
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
