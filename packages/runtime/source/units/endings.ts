// How a container's unit ended, a line of JSON each, in the run directory: gone with the boot, and bounded. Two programs meet here:
// `host-service container ended` (ExecStopPost=) appends, the daemon reads.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { SchemaError, boolean, number, object, optional, parse, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { currentNotePath } from "@host-service/slots";
import { bootTimeMs } from "./boot-clock.ts";

const endingsKeptMax = 32;
const wordCharactersMax = 64;

const Ending = object({
  /** RFC 3339. */
  at: string(),
  /** CLOCK_BOOTTIME. */
  bootTimeMs: number(),
  /** $SERVICE_RESULT: "success", "exit-code", "signal", "timeout", "oom-kill", … (systemd.exec(5)). */
  result: string(),
  /** $EXIT_CODE: "exited", "killed" or "dumped"; empty where nothing was started. */
  code: string(),
  /** $EXIT_STATUS: the exit status, or the name of the signal. */
  status: string(),
  /** Somebody had told it to end. */
  asked: optional(boolean()),
});
export type Ending = InferOutput<typeof Ending>;

/** nspawn ends with it when the guest asked for a reboot; to the unit it is a success (SuccessExitStatus=). */
const rebootStatus = "133";

export function endingsPath(runDirectory: string, name: string): string {
  return currentNotePath(runDirectory, name, "endings");
}

/** What systemd tells a program of ExecStopPost=. */
export function endingOf(environment: Readonly<Record<string, string | undefined>>): Ending {
  const word = (key: string) => (environment[key] ?? "").slice(0, wordCharactersMax);
  return {
    at: new Date().toISOString(),
    bootTimeMs: bootTimeMs(),
    result: word("SERVICE_RESULT"),
    code: word("EXIT_CODE"),
    status: word("EXIT_STATUS"),
  };
}

/** One unit has one ending at a time, so nobody else writes. In memory, and gone with the boot: nothing to sync. */
export function appendEnding(path: string, ending: Ending): void {
  const kept = readEndings(path).slice(1 - endingsKeptMax);
  writeFileSync(`${path}.new`, [...kept, ending].map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Oldest first; a line that makes no sense is left out. */
export function readEndings(path: string): Ending[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [parse(Ending, JSON.parse(line), { subject: "an ending" })];
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof SchemaError) return [];
      throw error;
    }
  });
}

/** Whether the container ended by itself and is started again: by a failure, or because it rebooted itself. */
export function isFailure({ result, status, code }: Ending): boolean {
  return result !== "success" || (code === "exited" && status === rebootStatus);
}

/** A clause: "with exit status 1", "by the signal KILL". */
export function describeEnding({ result, code, status }: Pick<Ending, "result" | "code" | "status">): string {
  if (result === "success" && status === rebootStatus) return "by a reboot of its own";
  const why = resultWords[result];
  const how = code === "exited" ? `with exit status ${status}` : code === "" ? "" : `by the signal ${status}`;
  if (why === undefined) return how === "" ? `with the result "${result}"` : how;
  return how === "" ? `because ${why}` : `${how}, because ${why}`;
}

/** Of systemd.exec(5), where the exit status does not say it already. */
const resultWords: Readonly<Record<string, string>> = {
  protocol: "it never said that it was ready",
  timeout: "it took too long",
  "oom-kill": "there was no memory left for it",
  watchdog: "its watchdog heard nothing",
  "start-limit-hit": "it was started too often",
  resources: "systemd could not start it",
};
