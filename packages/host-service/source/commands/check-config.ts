import { defaultConfigurationPath, loadConfiguration } from "../configuration/configuration.ts";
import { explain } from "./explain.ts";

export async function checkConfig(options: { configPath: string | undefined }): Promise<number> {
  try {
    await loadConfiguration(options.configPath);
    process.stdout.write(`OK: ${options.configPath ?? defaultConfigurationPath}\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`${explain(error)}\n`);
    return 1;
  }
}
