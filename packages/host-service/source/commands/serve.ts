import { kernelBootId } from "../boot-id.ts";
import { loadConfiguration } from "../configuration/configuration.ts";
import { startDaemon } from "../daemon.ts";
import { createLog } from "../log.ts";
import { explain } from "./explain.ts";

/** Runs the daemon until it is told to end. A second signal ends it at once. */
export async function serve(options: {
  configPath: string | undefined;
  bootId: string | undefined;
  program: readonly string[];
}): Promise<number> {
  const log = await createLog();
  const told = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => told.resolve());
  try {
    const configuration = await loadConfiguration(options.configPath);
    const bootId = options.bootId ?? kernelBootId();
    const daemon = await startDaemon({ configuration, bootId, program: options.program, log });
    await told.promise;
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(1));
    await daemon.stop();
    return 0;
  } catch (error) {
    log.error(explain(error));
    return 1;
  }
}
