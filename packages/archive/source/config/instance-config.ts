// config.yaml: the shape of an Incus instance, plus what an image for this host has to say about itself. This file knows the order
// in which the parts are checked; the first thing that is wrong is named.
import {
  SchemaError,
  literal,
  nullable,
  optional,
  parse,
  picklist,
  strictObject,
  string,
  unknown,
} from "@host-service/schema";
import type { GenericSchema, InferOutput } from "@host-service/schema";
import { canonicalArchitecture, describeUnknownArchitecture } from "./architecture.ts";
import { checkConfigEntry, isSecretKey } from "./config-keys.ts";
import { checkDevice, deviceSchema } from "./devices.ts";
import type { Device } from "./devices.ts";
import { withoutIncusMembers } from "./incus-members.ts";
import { refuse, subject } from "./refusal.ts";
import { describeUnquoted, entriesOf, isMap } from "./text-map.ts";
import { readTrial, trialSchema } from "./trial.ts";
import type { Trial } from "./trial.ts";
import { readYaml } from "./yaml.ts";

export interface InstanceConfig {
  name?: string;
  description?: string;
  /** As `uname -m` has it ("x86_64"), whatever the file called it. */
  architecture?: string;
  version?: string;
  /** Missing when the file leaves it to the host. */
  runtime?: "nspawn" | "lxc" | "none";
  rootfs: "overlay" | "read-only";
  trial: Trial;
  /** Without the two families below. */
  config: Record<string, string>;
  /** `image.*`, kept as information. */
  image: Record<string, string>;
  /** `volatile.*`, the first values of what the container's own state then holds. */
  volatile: Record<string, string>;
  devices: Record<string, Device>;
}

const configLimits = {
  keysMax: 4096,
  keyBytesMax: 256,
  devicesMax: 256,
};

const instanceSchema = strictObject({
  name: optional(nullable(string())),
  description: optional(nullable(string())),
  architecture: optional(nullable(string())),
  type: optional(nullable(literal("container"))),
  version: optional(nullable(string())),
  runtime: optional(nullable(picklist(["nspawn", "lxc", "none"]))),
  rootfs: optional(nullable(picklist(["overlay", "read-only"]))),
  trial: optional(nullable(trialSchema)),
  config: optional(unknown()),
  devices: optional(unknown()),
});

/** Reads config.yaml. Throws ArchiveError "config"; no value of `config:` is ever in its message. */
export function parseInstanceConfig(text: string): InstanceConfig {
  const document = readYaml(text, subject);
  if (document === null || document === undefined) throw refuse("it is empty");
  if (!isMap(document)) throw refuse('it has to be one document that is a map of keys, such as "name: edge"');
  const { rest, problem } = withoutIncusMembers(document);
  if (problem !== undefined) throw refuse(problem);
  const top = check(instanceSchema, withTextChecked(rest));
  const { name, architecture, description, version, runtime } = top;
  if (name && !isContainerName(name)) throw refuse(describeName(name));
  const strings = readConfig(top.config);
  return {
    ...(name ? { name } : {}),
    ...(description ? { description } : {}),
    ...(architecture ? { architecture: readArchitecture(architecture) } : {}),
    ...(version ? { version: readVersion(version) } : {}),
    ...(runtime ? { runtime } : {}),
    rootfs: top.rootfs ?? "overlay",
    trial: readTrial(top.trial ?? {}),
    ...strings,
    devices: parseDevices(top.devices),
  };
}

/** Incus's rule for instance names, which is that of a host name's label. */
export function isContainerName(name: string): boolean {
  return /^[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/u.test(name);
}

function describeName(name: string): string {
  const rule = "a name has 1 to 63 letters, digits and hyphens, begins with a letter and does not end with a hyphen";
  return `"name" is ${JSON.stringify(name.slice(0, 80))}; ${rule}`;
}

function readArchitecture(name: string): string {
  const canonical = canonicalArchitecture(name);
  if (canonical === undefined) throw refuse(describeUnknownArchitecture(name));
  return canonical;
}

function readVersion(version: string): string {
  if (/^[^\p{C}\s](?:[^\p{C}]{0,126}[^\p{C}\s])?$/u.test(version)) return version;
  throw refuse('"version" has to be 1 to 128 printable characters, such as "1.4.2"');
}

function readConfig(input: unknown): Pick<InstanceConfig, "config" | "image" | "volatile"> {
  const families = { config: {}, image: {}, volatile: {} } satisfies Record<string, Record<string, string>>;
  for (const [key, value] of entriesOf(input, { at: "config", entriesMax: configLimits.keysMax })) {
    if (Buffer.byteLength(key) > configLimits.keyBytesMax) {
      throw refuse(
        `a key in "config" is longer than ${configLimits.keyBytesMax} bytes: ${JSON.stringify(key.slice(0, 64))}…`,
      );
    }
    if (typeof value !== "string")
      throw refuse(describeUnquoted(key, value, { at: "config", secret: isSecretKey(key) }));
    const problem = checkConfigEntry(key, value);
    if (problem !== undefined) throw refuse(problem);
    // Incus drops a key that is set to nothing; so do we.
    if (value === "") continue;
    const family = key.startsWith("image.") ? "image" : key.startsWith("volatile.") ? "volatile" : "config";
    Object.assign(families[family], { [key]: value });
  }
  return families;
}

/** The value of `devices:`. Throws ArchiveError "config". */
export function parseDevices(input: unknown): Record<string, Device> {
  const devices: Record<string, Device> = {};
  for (const [name, device] of entriesOf(input, { at: "devices", entriesMax: configLimits.devicesMax })) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/u.test(name)) {
      throw refuse(
        `the device name ${JSON.stringify(name.slice(0, 64))} has to be 1 to 64 letters, digits, ".", "_" and "-"`,
      );
    }
    if (!isMap(device)) throw refuse(`"devices.${name}" has to be a map with a "type"`);
    for (const [key, value] of Object.entries(device)) {
      if (typeof value !== "string")
        throw refuse(describeUnquoted(key, value, { at: `devices.${name}`, secret: false }));
    }
    const problem = checkDevice(name, device);
    if (problem !== undefined) throw refuse(problem);
    const typed = check(strictObject({ devices: strictObject({ [name]: deviceSchema }) }), {
      devices: { [name]: device },
    });
    Object.assign(devices, typed.devices);
  }
  return devices;
}

/** A version without quotes is a number to YAML, and 1.10 then is 1.1: it is never turned into text by us. */
function withTextChecked(document: Record<string, unknown>): Record<string, unknown> {
  for (const key of ["name", "description", "architecture", "version"]) {
    const value = document[key];
    if (typeof value === "number" || typeof value === "boolean") {
      const example = typeof value === "boolean" ? `, such as ${key}: "${value}"` : "";
      throw refuse(`${JSON.stringify(key)} is a ${typeof value} and has to be text; put it in quotes${example}`);
    }
  }
  return document;
}

function check<const Schema extends GenericSchema>(schema: Schema, document: unknown): InferOutput<Schema> {
  try {
    return parse(schema, document, { subject });
  } catch (error) {
    throw error instanceof SchemaError ? refuse(error.problem, error) : error;
  }
}
