// What may be changed while a container is there, and what such a change makes of what was live before. Values are never in an error.
import { ArchiveError, checkConfigEntry, parseDevices } from "@host-service/archive";
import type { ConfigChange, DeviceChange } from "@host-service/protocol";
import { RequestError } from "../problems/request-error.ts";
import type { Live } from "./live.ts";

const guestKey = /^(?:user\..|cloud-init\..|security\.(?:guestapi|devlxd)(?:\.images)?$)/su;
/** What is not the host's to set, and what the owners in the tree depend on. */
const fixedKeys: readonly { key: RegExp; why: string }[] = [
  { key: /^(?:user|cloud-init)\.$/u, why: "it ends with its point; name what comes behind, such as user.mode" },
  { key: /^image\./u, why: "it says what the image is; write it into config.yaml of the next image" },
  { key: /^volatile\./u, why: "it is the container's own" },
  {
    key: /^security\.privileged$/u,
    why: "the owners of the files in the image's tree depend on it; write it into config.yaml of the next image",
  },
];
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
    if (value === null) {
      takeBack(config, key);
      continue;
    }
    checkKey(key);
    checkValue(key, value);
    config[key] = value;
  }
  return bounded({ ...live, config });
}

function takeBack(config: Record<string, string>, key: string): void {
  if (Object.hasOwn(config, key)) {
    delete config[key];
    return;
  }
  const shown = JSON.stringify(key.slice(0, 64));
  const next = "the image's own keys change with its config.yaml; see hostctl container config list";
  throw new RequestError("not-found", `Cannot unset ${shown}: it was not set live; ${next}`);
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
      checkDevice(name, properties);
      devices[name] = properties;
    }
  }
  return bounded({ ...live, devices });
}

/** The guest sees it at once; all other keys are read when the container starts. */
export function isGuestKey(key: string): boolean {
  return guestKey.test(key);
}

function checkKey(key: string): void {
  if (Buffer.byteLength(key) > limits.keyBytesMax) {
    throw new RequestError("invalid-request", `Cannot set a key: its name has more than ${limits.keyBytesMax} bytes`);
  }
  const fixed = fixedKeys.find((one) => one.key.test(key));
  if (fixed === undefined) return;
  throw new RequestError("invalid-request", `Cannot set ${JSON.stringify(key.slice(0, 64))}: ${fixed.why}`);
}

function checkDevice(name: string, properties: Readonly<Record<string, string>>): void {
  try {
    parseDevices({ [name]: properties });
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    const { message } = error.told({ deed: `add the device ${JSON.stringify(name.slice(0, 64))}` });
    throw new RequestError("invalid-request", message);
  }
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
