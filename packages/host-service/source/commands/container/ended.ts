// `host-service container ended NAME` (ExecStopPost=): notes how the container ended, for whoever looks for loops.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { failureOfInit, readRunNote } from "@host-service/runtime/run";
import type { RunNote } from "@host-service/runtime/run";
import { appendEnding, describeEnding, endingOf, endingsPath, isFailure } from "@host-service/runtime/units";
import type { Ending } from "@host-service/runtime/units";
import { loadConfiguration } from "../../configuration/configuration.ts";
import { printError } from "../../print.ts";
import { explain } from "../explain.ts";

export interface EndedOptions {
  configPath: string | undefined;
  name: string;
}

/** systemd-nspawn's word for a reboot that the container asked for. */
const rebootStatus = "133";

/** 1 where the container failed and systemd does not know: its unit has failed then (systemd.service(5)), and is started again. */
export async function containerEnded({ configPath, name }: EndedOptions): Promise<number> {
  try {
    const { runDirectory } = await loadConfiguration(configPath);
    const note = readRunNote(runDirectory, name);
    const seen = endingOf(process.env);
    const hidden = isHidden(note, seen) ? failureOfInit(runDirectory, name) : undefined;
    const ending = hidden === undefined ? seen : { ...seen, ...hidden, result: resultOf(hidden) };
    const path = endingsPath(runDirectory, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    appendEnding(path, { ...ending, asked: note?.halted === true });
    if (hidden !== undefined) printError(`The container ended by itself, ${describeEnding(ending)}`);
    // systemd would start it again; only a reboot of its own is not a matter of the policy.
    const isOver = note?.restart === false && isFailure(ending) && ending.status !== rebootStatus;
    if (isOver) await stayEnded(name);
    return hidden === undefined || isOver ? 0 : 1;
  } catch (error) {
    printError(explain(error));
    return 1;
  }
}

/** lxc-start ends well whatever its container came to. */
function isHidden(note: RunNote | undefined, { result }: Ending): boolean {
  return note?.runtime === "lxc" && note.halted !== true && result === "success";
}

function resultOf({ code }: Pick<Ending, "code">): string {
  return code === "exited" ? "exit-code" : "signal";
}

async function stayEnded(name: string): Promise<void> {
  printError(`Ended, and "boot.autorestart" says that it is not started again`);
  const unit = `host-service-container@${name}.service`;
  const command = ["systemctl", "--no-ask-password", "stop", "--no-block", unit];
  await Bun.spawn(command, { stdin: "ignore", stdout: "inherit", stderr: "inherit" }).exited;
}
