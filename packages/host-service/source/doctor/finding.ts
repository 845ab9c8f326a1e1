import type { Finding } from "@host-service/protocol";

export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message };
}

export function warning(check: string, message: string, next: string): Finding {
  return { check, status: "warning", message, next };
}

export function problem(check: string, message: string, next: string): Finding {
  return { check, status: "problem", message, next };
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's own name the call and the path behind a comma; what is said beside them names the path.
  return "syscall" in error ? (error.message.split(", ")[0] ?? error.message) : error.message;
}
