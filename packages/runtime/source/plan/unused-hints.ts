import type { MetaHints } from "../model/plan.ts";
import { readMetadataMounts } from "./metadata-mounts.ts";
import type { Wanted } from "./plan-of.ts";

/** What the image's metadata says and this container does not get, each with the reason, as a sentence for a person. */
export function unusedHints(
  { name, runtime, mounts }: Pick<Wanted, "name" | "runtime" | "mounts">,
  meta: MetaHints,
): string[] {
  const lxcOnly: [key: string, hint: unknown][] = [
    ["lxc.tty.max", meta.ttyMax],
    ["lxc.pty.max", meta.ptyMax],
    ["lxc.signal.reboot", meta.rebootSignal],
    ["lxc.signal.stop", meta.stopSignal],
  ];
  const others = runtime === "lxc" ? [] : lxcOnly.filter(([, hint]) => hint !== undefined);
  return [
    ...others.map(([key]) => `${key} of the metadata is left out: systemd-nspawn has no such setting`),
    ...(meta.hostname === undefined || meta.hostname === name
      ? []
      : [
          `lxc.uts.name "${meta.hostname}" of the metadata is left out: the container's host name is its name, "${name}"`,
        ]),
    ...readMetadataMounts(meta.mounts ?? [], mounts).unused,
  ];
}
