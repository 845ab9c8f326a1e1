// What is mounted, in order: LXC does not sort. Its targets are relative, so that it mounts over no link. It makes what is missing by
// following links, on the host as well: so it makes nothing but in what it has mounted empty itself.
import type { Places } from "../model/places.ts";
import type { Plan } from "../model/plan.ts";
import { line, mountPath } from "./words.ts";

export function mountLines(plan: Plan, places: Places): string[] {
  const kernel = plan.ids === undefined ? "proc:mixed sys:mixed cgroup:rw:force" : "proc:mixed sys:rw cgroup:rw:force";
  return [
    line("lxc.mount.auto", kernel),
    // An init mounts a tmpfs there by itself and would hide what comes below.
    entry("tmpfs", "/run", { type: "tmpfs", options: "rw,nosuid,nodev,mode=755" }),
    bind(places.hostDirectory, "/host", { kind: "directory" }),
    bind(places.launcher, "/host/hostctl", { kind: "file", readonly: true }),
    bind(places.library, "/host/lib", { kind: "directory", readonly: true }),
    ...(plan.guestApi
      ? [
          bind(places.incusDirectory, "/dev/incus", { kind: "directory" }),
          bind(places.lxdDirectory, "/dev/lxd", { kind: "directory" }),
        ]
      : []),
    ...plan.mounts.flatMap((mount) => {
      const source = places.mountSource(mount);
      return source === undefined ? [] : [bind(source.path, mount.target, { ...mount, kind: source.kind })];
    }),
    ...plan.memory.map(({ target, options }) => {
      const words = [...(options.length === 0 ? ["rw"] : options), ...(isMadeEmpty(target) ? ["create=dir"] : [])];
      return entry("tmpfs", target, { type: "tmpfs", options: words.join(",") });
    }),
    ...plan.nodes.flatMap((node) => {
      const source = places.nodeSource(node);
      return source === undefined ? [] : [bind(source, node.target, { kind: "file" })];
    }),
  ];
}

function bind(
  source: string,
  target: string,
  mount: { kind: "directory" | "file"; readonly?: boolean; recursive?: boolean },
): string {
  const options = [
    mount.recursive === true ? "rbind" : "bind",
    mount.readonly === true ? "ro" : "rw",
    ...(isMadeEmpty(target) ? [mount.kind === "directory" ? "create=dir" : "create=file"] : []),
  ];
  return entry(source, target, { type: "none", options: options.join(",") });
}

/** Everywhere else the mount points are made before. */
function isMadeEmpty(target: string): boolean {
  return target.startsWith("/dev/") || target.startsWith("/run/");
}

function entry(source: string, target: string, { type, options }: { type: string; options: string }): string {
  return line("lxc.mount.entry", `${mountPath(source)} ${mountPath(target.slice(1))} ${type} ${options} 0 0`);
}
