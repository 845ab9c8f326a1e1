// What a container is started with: its image's config.yaml, and what was set live on top of it. A key that is empty counts as unset, a device is replaced
// as a whole.
import { parseDevices } from "@host-service/archive";
import type { InstanceConfig } from "@host-service/archive";
import type { Live } from "./live.ts";

export function effectiveOf(config: InstanceConfig, live: Live): InstanceConfig {
  const merged = Object.entries({ ...config.config, ...live.config }).filter(([, value]) => value !== "");
  return {
    ...config,
    config: Object.fromEntries(merged),
    devices: { ...config.devices, ...parseDevices(live.devices) },
  };
}

/** The command that takes back what was set live and is called so; undefined for what the image has. */
export function undoIn(live: Live, name: string): (key: string) => string | undefined {
  return (key) => {
    if (Object.hasOwn(live.config, key)) return `hostctl container config unset ${key} --name ${name}`;
    const device = Object.keys(live.devices).find((one) => key.startsWith(`devices.${one}.`));
    return device === undefined ? undefined : `hostctl container device remove ${device} --name ${name}`;
  };
}
