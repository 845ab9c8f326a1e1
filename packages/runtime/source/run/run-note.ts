// What `run` started, for `halt` and `ended` of the same boot: the configuration may have changed since, what runs has not.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { SchemaError, boolean, number, object, optional, parse, picklist } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { currentNotePath } from "@host-service/slots";

const RunNote = object({
  runtime: picklist(["nspawn", "lxc"]),
  /** Whether it is started again when it ends by itself. */
  restart: boolean(),
  stopTimeoutMs: optional(number()),
  /** Somebody asked that it ends. */
  halted: optional(boolean()),
});
export type RunNote = InferOutput<typeof RunNote>;

export function writeRunNote(runDirectory: string, name: string, note: RunNote): void {
  const path = currentNotePath(runDirectory, name, "run");
  writeFileSync(`${path}.new`, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Undefined where nothing was started, or nothing sensible is there. */
export function readRunNote(runDirectory: string, name: string): RunNote | undefined {
  const path = currentNotePath(runDirectory, name, "run");
  try {
    return parse(RunNote, JSON.parse(readFileSync(path, "utf8")), { subject: path });
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof SchemaError) return undefined;
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
