import type { BootLoader } from "../boot-loader.ts";
import type { Variables } from "./environment.ts";
import { type SlotPlaces, menderLoader } from "./mender-loader.ts";
import { bootCount, decimal, flag } from "./mender-variables.ts";
import { scriptEnvironment } from "./script-tools.ts";
import type { ToolOptions } from "./tool.ts";

export interface UBootOptions extends SlotPlaces, ToolOptions {
  /** The fw_env.config that says where the environment is; without it, the tools' own. */
  file?: string;
}

const usualFile = "/etc/fw_env.config";

/** U-Boot with Mender's bootcmd and altbootcmd, through libubootenv's fw_printenv and fw_setenv. */
export function uBootLoader(options: UBootOptions): BootLoader {
  const { file } = options;
  const environment = scriptEnvironment({
    ...options,
    print: "fw_printenv",
    set: "fw_setenv",
    install: "install libubootenv-tool",
    advice:
      file === undefined
        ? `compare ${usualFile} with U-Boot's own settings, or set upgrade.boot_environment_file to the right one, and let U-Boot save its environment once (saveenv)`
        : `compare ${JSON.stringify(file)} with U-Boot's own settings, and let U-Boot save its environment once (saveenv)`,
    listsFiles: file ?? usualFile,
    ...(file === undefined ? {} : { configuration: file }),
  });
  return menderLoader(environment, { usesHex: true, complain }, options);
}

function complain(variables: Variables): string | undefined {
  const trial = variables.get(flag);
  if (trial !== undefined && ![0, 1].includes(decimal(trial) ?? -1)) {
    return `${flag} reads ${JSON.stringify(trial)}, and U-Boot knows 0 and 1; set it to 0`;
  }
  const count = variables.get(bootCount);
  if (count !== undefined && decimal(count) === undefined) {
    return `${bootCount} reads ${JSON.stringify(count)}, which is no number; set it to 0`;
  }
  return fallBackComplaint(variables);
}

/**
 * Without a limit U-Boot counts for ever, and without altbootcmd it stops at its prompt when the limit is reached. Where it saves only some
 * variables (CONFIG_ENV_WRITEABLE_LIST) both are in the program; that environment has no bootcmd either.
 */
function fallBackComplaint(variables: Variables): string | undefined {
  const isWhole = variables.has("bootcmd");
  const limit = variables.get("bootlimit");
  if (limit === undefined ? isWhole : (decimal(limit) ?? 0) < 1) {
    return `bootlimit reads ${JSON.stringify(limit ?? "")}, so that U-Boot would never go back from an image that does not start; set it to 1`;
  }
  if (isWhole && !variables.has("altbootcmd")) {
    return "there is no altbootcmd, so that U-Boot could not go back from an image that does not start; build U-Boot with Mender's integration";
  }
  return undefined;
}
