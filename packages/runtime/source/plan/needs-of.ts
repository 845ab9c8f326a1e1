// What a host would have to grant, for who makes an image and who takes it in.
import type { InstanceConfig } from "@host-service/archive";
import { RuntimeError } from "../error.ts";
import type { Lacking } from "../error.ts";
import { grantKeys, noGrant } from "../model/grant.ts";
import type { Grant } from "../model/grant.ts";
import { wantedOf } from "./plan-of.ts";

export interface Needs {
  /** The keys of `[containers.NAME]`, as the host's configuration has them; only those that are needed. */
  grant: Readonly<Record<string, true | readonly string[]>>;
  /** Why no host of ours would take it, whatever it grants. */
  problem: string | undefined;
}

/** More devices than this a config.yaml does not have. */
const stepsMax = 1024;

/** Undefined where config.yaml leaves the container to the host: then the host knows what it needs. */
export function needsOf(config: InstanceConfig): Needs | undefined {
  const { runtime, name = "edge" } = config;
  if (runtime === undefined || runtime === "none") return undefined;
  let grant: Grant = noGrant;
  for (let step = 0; step < stepsMax; step++) {
    try {
      wantedOf(config, { name, grant });
      return { grant: keysOf(grant), problem: undefined };
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      if (error.lacking === undefined) return { grant: keysOf(grant), problem: error.message };
      grant = granted(grant, error.lacking);
    }
  }
  throw new Error(`a config.yaml asks for more than ${stepsMax} things`);
}

function granted(grant: Grant, lacking: Lacking): Grant {
  if (!("word" in lacking)) return { ...grant, [lacking.key]: true };
  return { ...grant, [lacking.key]: [...grant[lacking.key], lacking.word] };
}

function keysOf(grant: Grant): Needs["grant"] {
  const { privileged, diskSources, devices, capabilities, nics, nesting, rawOptions } = grant;
  const lists = { diskSources, devices, capabilities, nics };
  const switches = { privileged, nesting, rawOptions };
  return Object.fromEntries([
    ...Object.entries(switches).flatMap(([key, on]) => (on ? [[nameOf(key), true] as const] : [])),
    ...Object.entries(lists).flatMap(([key, words]) => (words.length > 0 ? [[nameOf(key), words] as const] : [])),
  ]);
}

function nameOf(key: string): string {
  return Object.entries(grantKeys).find(([own]) => own === key)?.[1] ?? key;
}
