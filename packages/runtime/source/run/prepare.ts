// Knows the order of the steps from a plan to the program that `container run` becomes. It works in the mount namespace of the
// container's unit, and all that it mounts is gone with it.
import { closeSync, existsSync, mkdirSync, openSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { keepMountsPrivate, mountMemory, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH } from "@host-service/disk";
import { ownMountPoints } from "../check/mount-points.ts";
import { RuntimeError } from "../error.ts";
import { giveSockets, makeHostDirectory } from "../host-directory/host-directory.ts";
import type { HostFiles } from "../host-directory/host-files.ts";
import type { Places } from "../model/places.ts";
import type { Plan } from "../model/plan.ts";
import { mountRoot } from "../mounts/root.ts";
import type { MountPoint } from "../mounts/mount-points.ts";
import { unitPropertiesOf } from "../units/unit-properties.ts";
import { settleSnapshots } from "../volumes/settle.ts";
import type { SettleOptions } from "../volumes/settle.ts";
import { lxcLogPath } from "./lxc-log.ts";
import { prepareLxc } from "./lxc.ts";
import { prepareNspawn } from "./nspawn.ts";
import { runPathsOf } from "./paths.ts";
import type { RunPaths } from "./paths.ts";
import type { Command } from "./program.ts";
import { layMounts } from "./lay-mounts.ts";
import { makeNodes, showMounts } from "./sources.ts";
import { setUnitProperties } from "./set-properties.ts";

export interface PrepareOptions {
  plan: Plan;
  runDirectory: string;
  containerDirectory: string;
  slotDirectory: string;
  /** What is never shared with a container, by path. */
  ownPaths: readonly string[];
  hostFiles: HostFiles;
  initNotifies: boolean;
  snapshots: Omit<SettleOptions, "say">;
  /** A line for the journal. */
  say: (line: string) => void;
}

/** Images may have a link there, which systemd-nspawn follows inside of the root only. */
const usualDirectories = ["tmp"];

/** Afterwards everything is in its place, and the command only has to be executed. Throws RuntimeError. */
export async function prepareContainer(options: PrepareOptions): Promise<Command> {
  const { plan, runDirectory, say } = options;
  requireOwnMounts(plan.name);
  keepMountsPrivate();
  const limited = setUnitProperties(plan.name, unitPropertiesOf(plan));
  // The first failure is what is told, and this one is waited for below.
  limited.catch(() => undefined);
  const paths = runPathsOf(runDirectory, plan.name);
  makePrivateDirectories(paths);
  await makeHostDirectory({ runDirectory, name: plan.name });
  await giveSockets({ runDirectory, name: plan.name }, plan.ids);
  await settleSnapshots({ ...options.snapshots, say });
  const places = placesOf(options, paths);
  const command =
    plan.runtime === "nspawn"
      ? prepareNspawn(plan, places)
      : prepareLxc(plan, places, { logPath: lxcLogPath(runDirectory, plan.name) });
  await limited;
  return command;
}

/** Without them, what is mounted would stay, for the whole host. */
function requireOwnMounts(name: string): void {
  if (readlinkSync("/proc/self/ns/mnt") !== readlinkSync("/proc/1/ns/mnt")) return;
  const next = `use systemctl start host-service-container@${name}.service`;
  throw new RuntimeError("host", `Cannot run "${name}": this is not the container's unit (PrivateMounts=yes); ${next}`);
}

function makePrivateDirectories(paths: RunPaths): void {
  for (const path of [paths.roots, paths.root, paths.privates, paths.private]) {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  }
  const fd = openSync(paths.private, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  mountMemory(fd);
  closeSync(fd);
  for (const name of ["mounts", "nodes", "spare", "none"]) mkdirSync(join(paths.private, name), { mode: 0o755 });
}

function placesOf(options: PrepareOptions, paths: RunPaths): Places {
  const { plan, slotDirectory, hostFiles } = options;
  const owner = plan.ids?.base ?? 0;
  const context = { ...options, owner, directory: join(paths.private, "mounts") };
  const mounts = showMounts(plan.mounts, context);
  const laid = layMounts(plan.mounts, { mounts, owner });
  const nodes = makeNodes(plan.nodes, { ...context, directory: join(paths.private, "nodes") });
  const rootsFd = openSync(paths.roots, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  try {
    mountRoot({
      kind: plan.rootfs,
      slotDirectory,
      at: { parentFd: rootsFd, name: plan.name },
      spare: join(paths.private, "spare"),
      mountPoints: [...ownMountPoints, ...laid, ...plan.memory.map(({ target }) => directoryAt(target))],
      usual: usualDirectories,
      owner,
    });
  } finally {
    closeSync(rootsFd);
  }
  return {
    root: paths.root,
    hostDirectory: paths.host,
    launcher: hostFiles.launcher,
    library: hostFiles.library ?? join(paths.private, "none"),
    incusDirectory: join(paths.host, "incus"),
    lxdDirectory: join(paths.host, "lxd"),
    initNotifies: options.initNotifies,
    mountSource: ({ device }) => mounts.get(device),
    nodeSource: ({ device }) => nodes.get(device),
    runtimeDirectory: paths.private,
    machined: hasMachined(),
  };
}

const directoryAt = (target: string): MountPoint => ({ target, kind: "directory" });

/** It is started by the bus when it is asked. */
function hasMachined(): boolean {
  const programs = ["/usr/lib/systemd/systemd-machined", "/lib/systemd/systemd-machined"];
  return existsSync("/run/dbus/system_bus_socket") && programs.some((path) => existsSync(path));
}
