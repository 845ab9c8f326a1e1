// What may be changed while a container is there, and what such a change makes of what was live before. Values are never in an error.
import { checkConfigEntry, parseDevices } from "@host-service/archive";
import type { ConfigChange, DeviceChange } from "@host-service/protocol";
import { RequestError } from "../problems/request-error.ts";
import type { Live } from "./live.ts";

const families = ["user.", "cloud-init."];
const switches = new Set([
  "security.guestapi",
  "security.guestapi.images",
  "security.devlxd",
  "security.devlxd.images",
]);
const limits = {
  keysMax: 1024,
  keyBytesMax: 256,
  valueBytesMax: 1024 * 1024,
  bytesMax: 2 * 1024 * 1024,
  devicesMax: 128,
};

/** One update: `null` takes back what was live, so that the image's own value counts again. */
export function withConfig(live: Live, change: ConfigChange["config"]): Live {
  const config = { ...live.config };
  for (const [key, value] of Object.entries(change)) {
    checkKey(key);
    if (value === null) delete config[key];
    else {
      checkValue(key, value);
      config[key] = value;
    }
  }
  return bounded({ ...live, config });
}

export function withDevices(live: Live, change: DeviceChange["devices"]): Live {
  const devices = { ...live.devices };
  for (const [name, properties] of Object.entries(change)) {
    if (properties === null) {
      if (devices[name] === undefined) {
        throw new RequestError(
          "not-found",
          `Cannot remove the device "${name}": it was not added live; see hostctl container device list`,
        );
      }
      delete devices[name];
    } else {
      parseDevices({ [name]: properties });
      devices[name] = properties;
    }
  }
  return bounded({ ...live, devices });
}

function checkKey(key: string): void {
  if (switches.has(key) || families.some((family) => key.startsWith(family) && key.length > family.length)) {
    if (Buffer.byteLength(key) <= limits.keyBytesMax) return;
    throw new RequestError("invalid-request", `Cannot set a key: its name has more than ${limits.keyBytesMax} bytes`);
  }
  const live = [...families.map((family) => `${family}*`), ...switches].join(", ");
  const shown = JSON.stringify(key.slice(0, 64));
  throw new RequestError(
    "invalid-request",
    `Cannot set ${shown}: only ${live} can be changed live; write it into config.yaml of the next image`,
  );
}

function checkValue(key: string, value: string): void {
  const problem = checkConfigEntry(key, value);
  if (problem !== undefined) throw new RequestError("invalid-request", `Cannot set "${key}": ${problem}`);
  if (Buffer.byteLength(value) > limits.valueBytesMax) {
    throw new RequestError("too-large", `Cannot set "${key}": a value has at most ${limits.valueBytesMax} bytes`);
  }
}

function bounded(live: Live): Live {
  if (Object.keys(live.config).length > limits.keysMax || Object.keys(live.devices).length > limits.devicesMax) {
    const most = `${limits.keysMax} keys and ${limits.devicesMax} devices`;
    throw new RequestError("too-large", `Cannot change the live configuration: it has at most ${most}; unset some`);
  }
  if (Buffer.byteLength(JSON.stringify(live)) > limits.bytesMax) {
    const why = `it has at most ${limits.bytesMax} bytes; unset some keys`;
    throw new RequestError("too-large", `Cannot change the live configuration: ${why}`);
  }
  return live;
}
