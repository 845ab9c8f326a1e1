// What the guest may see of the merged configuration.
import { sorted } from "./layers.ts";
import type { Devices, Layer } from "./layers.ts";

export function isVisible(key: string): boolean {
  return key.startsWith("user.") || key.startsWith("cloud-init.");
}

/** A network card without an address of its own has the one that the container was given. */
export function visibleDevices({ config, devices }: Layer): Devices {
  return Object.fromEntries(
    Object.entries(devices).map(([name, properties]) => {
      const given = config[`volatile.${name}.hwaddr`];
      const needsAddress = properties["type"] === "nic" && !properties["hwaddr"] && given !== undefined;
      return [name, sorted(needsAddress ? { ...properties, hwaddr: given } : properties)];
    }),
  );
}

/** The NoCloud meta-data that cloud-init reads. What `user.meta-data` has is appended as it is. */
export function metaData(name: string, { config }: Layer): string {
  const id = config["volatile.cloud-init.instance-id"] ?? name;
  return `#cloud-config\ninstance-id: ${id}\nlocal-hostname: ${name}\n${config["user.meta-data"] ?? ""}`;
}

const instanceKeys = ["user-data", "vendor-data", "network-config"].flatMap((word) => [
  `cloud-init.${word}`,
  `user.${word}`,
]);

/** cloud-init begins anew with another instance-id; these are the things that call for that. */
export function instanceInputs(name: string, { config, devices }: Layer): string {
  const keys = instanceKeys.map((key) => config[key] ?? null);
  const nics = Object.entries(devices)
    .filter(([, properties]) => properties["type"] === "nic")
    .map(([device, properties]) => [device, properties["name"] ?? null]);
  return JSON.stringify([name, keys, nics]);
}
