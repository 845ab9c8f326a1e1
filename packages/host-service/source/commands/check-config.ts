import { defaultConfigurationPath, loadConfiguration } from "../configuration/configuration.ts";
import { print } from "../print.ts";
import { explain } from "./explain.ts";

export async function checkConfig(options: { configPath: string | undefined }): Promise<number> {
  try {
    await loadConfiguration(options.configPath);
    print(`OK: ${options.configPath ?? defaultConfigurationPath}`);
    return 0;
  } catch (error) {
    print(explain(error));
    return 1;
  }
}
