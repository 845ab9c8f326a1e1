// `host-service container start-all`: the units of the containers that want to be started with the host, in their order. One that cannot be
// started never stops the others.
import { realDisk } from "@host-service/disk";
import { planOf, runtimeOf } from "@host-service/runtime";
import { containerUnits } from "@host-service/runtime/units";
import type { ContainerUnits } from "@host-service/runtime/units";
import { findRunningSlot, listContainers, SlotsError } from "@host-service/slots";
import { kernelBootId } from "../../boot-id.ts";
import { loadConfiguration } from "../../configuration/configuration.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { print, printError } from "../../print.ts";
import { explain } from "../explain.ts";
import { readImage } from "./read-image.ts";

export interface StartAllOptions {
  configPath: string | undefined;
  bootId: string | undefined;
  /** Its own, as a test needs no systemd. */
  units?: Pick<ContainerUnits, "start">;
}

interface Wanted {
  name: string;
  priority: number;
  delayMs: number;
}

/** 0 when all of them run, 1 when one does not. */
export async function startAll({ configPath, bootId, units = containerUnits() }: StartAllOptions): Promise<number> {
  try {
    const configuration = await loadConfiguration(configPath);
    const { stateDirectory } = configuration;
    const names = await listContainers({ disk: realDisk, stateDirectory });
    const found = await Promise.all(names.map((name) => wantedOf(name, configuration, bootId ?? kernelBootId())));
    const wanted = found.filter((one) => one !== undefined);
    return (await startInOrder(wanted, units)) ? 0 : 1;
  } catch (error) {
    printError(explain(error));
    return 1;
  }
}

/** Undefined: it is not ours to start. What is wrong with an image is for its own unit to say, and to fail with. */
async function wantedOf(name: string, configuration: Configuration, bootId: string): Promise<Wanted | undefined> {
  const { runDirectory, stateDirectory } = configuration;
  const grant = configuration.grantOf(name);
  try {
    const running = await findRunningSlot({ disk: realDisk, stateDirectory, runDirectory, name, bootId });
    const { config, meta } = await readImage(running.directory, {
      containerDirectory: running.containerDirectory,
      name,
    });
    if (runtimeOf(config, grant) === "none") return undefined;
    const { enabled, priority, delayMs } = planOf(config, { name, grant, ids: running.manifest.ids, meta }).autostart;
    return enabled ? { name, priority, delayMs } : undefined;
  } catch (error) {
    if (error instanceof SlotsError && error.kind === "missing") return undefined;
    printError(explain(error));
    return { name, priority: 0, delayMs: 0 };
  }
}

/**
 * Those of a higher priority first, and those of the next one when these run. Of one priority they start at once, in the order of their
 * names; one with a delay holds those behind it until it has run that long.
 */
export async function startInOrder(wanted: readonly Wanted[], units: Pick<ContainerUnits, "start">): Promise<boolean> {
  const priorities = [...new Set(wanted.map(({ priority }) => priority))].toSorted((one, other) => other - one);
  let allRun = true;
  const start = async ({ name }: Wanted) => {
    try {
      await units.start(name);
      print(`${name}: runs`);
    } catch (error) {
      allRun = false;
      printError(explain(error));
    }
  };
  for (const priority of priorities) {
    const starting: Promise<void>[] = [];
    for (const one of wanted.filter((other) => other.priority === priority)) {
      const begun = start(one);
      starting.push(begun);
      if (one.delayMs === 0) continue;
      await begun;
      await Bun.sleep(one.delayMs);
    }
    await Promise.all(starting);
  }
  return allRun;
}
