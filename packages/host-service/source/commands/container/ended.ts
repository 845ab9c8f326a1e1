// `host-service container ended NAME` (ExecStopPost=): notes how the container ended, for whoever looks for loops.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { readRunNote } from "@host-service/runtime/run";
import { appendEnding, endingOf, endingsPath, isFailure } from "@host-service/runtime/units";
import { loadConfiguration } from "../../configuration/configuration.ts";
import { printError } from "../../print.ts";
import { explain } from "../explain.ts";

export interface EndedOptions {
  configPath: string | undefined;
  name: string;
}

/** systemd-nspawn's word for a reboot that the container asked for. */
const rebootStatus = "133";

export async function containerEnded({ configPath, name }: EndedOptions): Promise<number> {
  try {
    const { runDirectory } = await loadConfiguration(configPath);
    const ending = endingOf(process.env);
    const path = endingsPath(runDirectory, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    appendEnding(path, ending);
    const note = readRunNote(runDirectory, name);
    // systemd would start it again; only a reboot of its own is not a matter of the policy.
    if (note?.restart === false && isFailure(ending) && ending.status !== rebootStatus) await stayEnded(name);
    return 0;
  } catch (error) {
    printError(explain(error));
    return 1;
  }
}

async function stayEnded(name: string): Promise<void> {
  printError(`Ended, and "boot.autorestart" says that it is not started again`);
  const unit = `host-service-container@${name}.service`;
  const command = ["systemctl", "--no-ask-password", "stop", "--no-block", unit];
  await Bun.spawn(command, { stdin: "ignore", stdout: "inherit", stderr: "inherit" }).exited;
}
