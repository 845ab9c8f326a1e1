import { defaultConfigurationPath, loadConfiguration } from "../configuration/configuration.ts";
import { loadPolicy } from "../configuration/trusted-keys.ts";
import { loadSystemPolicy } from "../system/system-policy.ts";
import { print } from "../print.ts";
import { explain } from "./explain.ts";

export async function checkConfig(options: { configPath: string | undefined }): Promise<number> {
  try {
    const { verify, file } = await loadConfiguration(options.configPath);
    await loadPolicy(verify.container, file);
    await loadSystemPolicy(verify.system, file);
    print(`OK: ${options.configPath ?? defaultConfigurationPath}`);
    return 0;
  } catch (error) {
    print(explain(error));
    return 1;
  }
}
