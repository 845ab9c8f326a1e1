import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { mountMemory, O_CLOEXEC, O_DIRECTORY, O_PATH } from "@host-service/disk";
import { RuntimeError } from "../error.ts";
import type { Places } from "../model/places.ts";
import type { Plan } from "../model/plan.ts";
import { nspawnOf, nspawnSettingsPath } from "../nspawn/nspawn-of.ts";
import { programPath, searchPath } from "./program.ts";
import type { Command } from "./program.ts";

/** An administrator's own settings of that name would be read instead of ours. */
const foreignSettingsDirectory = "/etc/systemd/nspawn";

/** The settings go where systemd-nspawn looks for them, which is made so that this unit alone sees them. */
export function prepareNspawn(plan: Plan, places: Places): Command {
  const settingsPath = nspawnSettingsPath(plan.name);
  const foreign = `${foreignSettingsDirectory}/${basename(settingsPath)}`;
  if (existsSync(foreign)) {
    const why = `"${foreign}" would be used instead of what the host grants`;
    throw new RuntimeError("host", `Cannot start the container: ${why}; remove it, or rename the container`);
  }
  const { argv, settings } = nspawnOf(plan, places);
  const directory = dirname(settingsPath);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const fd = openSync(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  mountMemory(fd);
  closeSync(fd);
  writeFileSync(settingsPath, settings, { mode: 0o600, flag: "wx" });
  return {
    path: programPath("systemd-nspawn", { packageName: "systemd-container" }),
    argv,
    environment: { PATH: searchPath() },
    saysReady: true,
  };
}
