import { ArchiveError } from "../error.ts";

export const subject = "config.yaml";

export function refuse(why: string, cause?: unknown): ArchiveError {
  return new ArchiveError("config", `Cannot read ${subject}: ${why}`, { cause });
}
