// Everything that is mounted into the container; systemd-nspawn itself sorts these by depth.
import type { Places } from "../model/places.ts";
import type { Plan } from "../model/plan.ts";
import { bindPath } from "./words.ts";

export function bindLines(plan: Plan, places: Places): string[] {
  return [
    bind(places.hostDirectory, "/host", {}),
    bind(places.launcher, "/host/hostctl", { readonly: true }),
    bind(places.library, "/host/lib", { readonly: true }),
    ...(plan.guestApi
      ? [bind(places.incusDirectory, "/dev/incus", {}), bind(places.lxdDirectory, "/dev/lxd", {})]
      : []),
    ...plan.mounts.flatMap((mount) => {
      const source = places.mountSource(mount);
      return source === undefined ? [] : [bind(source.path, mount.target, mount)];
    }),
    ...plan.memory.map(
      ({ target, options }) => `TemporaryFileSystem=${[bindPath(target), ...withWords(options)].join(":")}`,
    ),
    ...plan.nodes.flatMap((node) => {
      const source = places.nodeSource(node);
      return source === undefined ? [] : [bind(source, node.target, {})];
    }),
  ];
}

function withWords(options: readonly string[]): string[] {
  return options.length === 0 ? [] : [options.join(",")];
}

/** The options come last, so that a line never ends with a path: one that ends with a backslash would go on in the next. */
function bind(source: string, target: string, mount: { readonly?: boolean; recursive?: boolean }): string {
  const key = mount.readonly === true ? "BindReadOnly" : "Bind";
  return `${key}=${bindPath(source)}:${bindPath(target)}:${mount.recursive === true ? "rbind" : "norbind"}`;
}
