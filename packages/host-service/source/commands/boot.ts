// The boot hook. It loads the configuration, the slots and the disk, and nothing else: it runs before everything.
import { realDisk } from "@host-service/disk";
import { resolveBoot } from "@host-service/slots";
import type { ContainerBoot } from "@host-service/slots";
import { kernelBootId } from "../boot-id.ts";
import { loadConfiguration } from "../configuration/configuration.ts";
import { print } from "../print.ts";
import { explain } from "./explain.ts";

/** 0 when every record was resolved, 1 when a person has to look at something; the committed images run all the same. */
export async function boot(options: { configPath: string | undefined; bootId: string | undefined }): Promise<number> {
  try {
    const { stateDirectory, runDirectory } = await loadConfiguration(options.configPath);
    const report = await resolveBoot({
      disk: realDisk,
      stateDirectory,
      runDirectory,
      bootId: options.bootId ?? kernelBootId(),
      now: () => new Date(),
    });
    for (const container of report.containers) print(describe(container));
    return report.ok ? 0 : 1;
  } catch (error) {
    print(explain(error));
    return 1;
  }
}

/** "edge: trying, runs slot b, version 1.1.0" and what is to be known beside it. */
function describe(container: ContainerBoot): string {
  const { running, outcome, problem } = container;
  const state = container.state === "empty" ? "normal" : container.state;
  const image = running === undefined ? "runs nothing" : `runs slot ${running.slot}${versionOf(running.version)}`;
  const ended =
    outcome === undefined ? "" : `; ${outcome.result.replace("-", " ")}${versionOf(outcome.version)}: ${outcome.why}`;
  const wrong = problem === undefined || problem === outcome?.why ? "" : `; ${problem}`;
  return `${container.name}: ${state}, ${image}${ended}${wrong}`;
}

function versionOf(version: string | undefined): string {
  return version === undefined ? "" : `, version ${version}`;
}
