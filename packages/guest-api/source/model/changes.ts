// From one configuration to the next, as the guest is told: for `user.*` keys and for devices.
import { sorted } from "./layers.ts";
import type { Layer, Properties } from "./layers.ts";

/** Members of `metadata` in the order in which they are sent, which is sorted. */
export type Change =
  | { type: "config"; metadata: { key: string; old_value: string; value: string } }
  | { type: "device"; metadata: { action: "added" | "removed" | "updated"; config: Properties; name: string } };

/** What Incus 6.0 changes in a running container without taking the device away (its drivers' UpdatableFields). */
const changeableLive: Readonly<Record<string, RegExp>> = {
  nic: /^(?:limits\.(?:egress|ingress|max|priority)|ipv[46]\.routes)$/u,
  disk: /^(?:limits\.(?:max|read|write)|size(?:\.state)?)$/u,
};

/** In the order in which all listeners see them: keys sorted, then devices removed, updated, added, each sorted by name. */
export function changesBetween(before: Layer, after: Layer): Change[] {
  return [...configChanges(before, after), ...deviceChanges(before, after)];
}

function configChanges(before: Layer, after: Layer): Change[] {
  const keys = Object.keys(sorted({ ...before.config, ...after.config })).filter((key) => key.startsWith("user."));
  return keys.flatMap((key) => {
    const [old, value] = [before.config[key] ?? "", after.config[key] ?? ""];
    return old === value ? [] : [{ type: "config" as const, metadata: { key, old_value: old, value } }];
  });
}

function deviceChanges(before: Layer, after: Layer): Change[] {
  const removed: Change[] = [];
  const updated: Change[] = [];
  const added: Change[] = [];
  for (const name of Object.keys(sorted({ ...before.devices, ...after.devices }))) {
    const [old, now] = [before.devices[name], after.devices[name]];
    if (old !== undefined && now !== undefined) {
      const keys = differences(old, now);
      if (keys.length === 0) continue;
      if (keys.every((key) => changeableLive[old["type"] ?? ""]?.test(key))) {
        updated.push(deviceChange("updated", name, now));
        continue;
      }
    }
    if (old !== undefined) removed.push(deviceChange("removed", name, old));
    if (now !== undefined) added.push(deviceChange("added", name, now));
  }
  return [...removed, ...updated, ...added];
}

function deviceChange(action: "added" | "removed" | "updated", name: string, properties: Properties): Change {
  return { type: "device", metadata: { action, config: sorted(properties), name } };
}

function differences(old: Properties, now: Properties): string[] {
  return Object.keys({ ...old, ...now }).filter((key) => (old[key] ?? "") !== (now[key] ?? ""));
}
