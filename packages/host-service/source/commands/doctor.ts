import type { DoctorReport, Finding } from "@host-service/protocol";
import { defaultConfigurationPath, loadConfiguration } from "../configuration/configuration.ts";
import { examineHost } from "../doctor/examine-host.ts";
import { thisWorld } from "../doctor/world.ts";
import { print } from "../print.ts";

export interface ExamineOptions {
  configPath?: string | undefined;
  bootId?: string | undefined;
  program: readonly string[];
  before?: readonly Finding[];
}

/** Without the daemon, by whoever may read the state: root. */
export async function examineThisHost(options: ExamineOptions): Promise<DoctorReport> {
  const { configPath, program, bootId, before = [] } = options;
  const configuration = await loadConfiguration(configPath).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  const path = configPath ?? defaultConfigurationPath;
  return await examineHost(thisWorld({ program, bootId }), { configuration, path, before });
}

export async function doctor(options: ExamineOptions & { json: boolean }): Promise<number> {
  const report = await examineThisHost(options);
  if (options.json) print(JSON.stringify(report));
  else
    for (const { status, check, message, next } of report.findings)
      print(`${status}: ${check}: ${message}${next === undefined ? "" : `; ${next}`}`);
  return report.ok ? 0 : 1;
}
