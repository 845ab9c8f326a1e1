// A disk or a device node that comes and goes while the container runs. It is made as at a start, and carried into the container's mount namespace by its
// descriptor; no link that the container may have made is followed. For a program of its own: afterwards its thread is in the container's mounts.
import { closeSync, mkdirSync, openSync, readFileSync, readlinkSync } from "node:fs";
import {
  attachMount,
  copyMount,
  detachMount,
  DiskError,
  enterMounts,
  keepMountsPrivate,
  leaveMounts,
  makeTreeReadOnly,
  mountMemory,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  openBeneath,
  setFileSystemIds,
  statusAt,
  unlinkAt,
} from "@host-service/disk";
import { RuntimeError } from "../error.ts";
import { makeMountPoint } from "../mounts/mount-points.ts";
import type { MountPoint } from "../mounts/mount-points.ts";
import type { DeviceNode, Mount } from "../model/plan.ts";
import type { Pluggable, PlugRequest } from "./request.ts";
import { makeNodes, openSource } from "../run/sources.ts";
import type { SourceContext } from "../run/sources.ts";

type PlugContext = Omit<PlugRequest, "verb" | "what"> & Pick<SourceContext, "say">;

/** Shows it in the container that runs. Throws RuntimeError. */
export function plugIn(what: Pluggable, context: PlugContext): void {
  requireContainer(context);
  const owner = rootOf(context.init);
  refuseReadOnly(what, owner);
  const root = openRoot(context.init);
  const namespace = openSync(`/proc/${context.init}/ns/mnt`, O_RDONLY | O_CLOEXEC);
  enterMounts(openSync(context.hostMounts, O_RDONLY | O_CLOEXEC));
  const { fd, kind } =
    what.kind === "mount"
      ? sourceOf(what.mount, { ...context, owner, directory: "", deed: "add the device" })
      : nodeOf(what.node, { ...context, owner, directory: context.spare, deed: "add the device" });
  const { target } = what.kind === "mount" ? what.mount : what.node;
  const point = { target, kind };
  if (isMounted(context.init, target))
    throw refusal("add", what, "something is mounted there in the container already");
  makeMountPointAs(owner, root, point);
  enterMounts(namespace);
  attachMount(fd, openBeneath(root, target.slice(1), O_PATH, { links: "refuse" }));
}

/** Takes it away from the container that runs; fine where the container has done so itself. Throws RuntimeError. */
export function plugOut(what: Pluggable, { init, hostMounts }: Pick<PlugContext, "init" | "hostMounts">): void {
  requireContainer({ init, hostMounts });
  const { target } = what.kind === "mount" ? what.mount : what.node;
  if (!isMounted(init, target)) return;
  const root = openRoot(init);
  enterMounts(openSync(`/proc/${init}/ns/mnt`, O_RDONLY | O_CLOEXEC));
  const parts = target.split("/").filter(Boolean);
  const name = parts.pop() ?? "";
  const parent = openBeneath(root, parts.join("/") || ".", O_RDONLY | O_DIRECTORY, { links: "refuse" });
  try {
    detachMount(parent, name);
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== "EINVAL") throw error;
    throw refusal("remove", what, "it is there since the container's start, and the kernel keeps it until its end");
  }
  // The file that it was mounted on.
  if (what.kind === "node") unlinkAt(parent, name);
}

/** A file system that the container has mounted itself knows no ids but its own, and takes no file of others. */
function makeMountPointAs(owner: number, root: number, point: MountPoint): void {
  try {
    makeMountPoint(root, point, { owner });
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== "EOVERFLOW") throw error;
    setFileSystemIds(owner);
    makeMountPoint(root, point, { owner });
    setFileSystemIds(0);
  }
}

/** What is mounted when the container has ids of its own its root may mount anew, and writable. */
function refuseReadOnly(what: Pluggable, owner: number): void {
  if (what.kind === "mount" && what.mount.readonly && owner !== 0) {
    throw refusal(
      "add",
      what,
      "a container with ids of its own could make writable what it is given read-only while it runs",
    );
  }
}

function sourceOf(mount: Mount, context: SourceContext): { fd: number; kind: MountPoint["kind"] } {
  const source = openSource(mount, context);
  if (source === undefined) throw refusal("add", { kind: "mount", mount }, "its source is not there");
  const kind = statusAt(source, "").type === "directory" ? "directory" : "file";
  const fd = copyMount(source, { recursive: mount.recursive });
  closeSync(source);
  if (mount.readonly && !makeTreeReadOnly(fd)) {
    throw refusal(
      "add",
      { kind: "mount", mount },
      "this kernel, older than 5.12, mounts nothing read-only in a container that runs",
    );
  }
  return { fd, kind };
}

/** Where no file system of the host forbids nodes: in one of our own, which goes with the container's mount of the node. */
function nodeOf(node: DeviceNode, context: SourceContext): { fd: number; kind: "file" } {
  mkdirSync(context.directory, { recursive: true, mode: 0o700 });
  leaveMounts();
  keepMountsPrivate();
  const spare = openSync(context.directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  mountMemory(spare);
  const path = makeNodes([node], context).get(node.device);
  if (path === undefined) throw refusal("add", { kind: "node", node }, `"${node.source}" is not there`);
  return { fd: copyMount(openSync(path, O_PATH | O_NOFOLLOW | O_CLOEXEC)), kind: "file" };
}

/** A number that another process of the host has by now must not show anything to the host. */
function requireContainer({ init, hostMounts }: Pick<PlugContext, "init" | "hostMounts">): void {
  if (readlinkSync(`/proc/${init}/ns/mnt`) !== readlinkSync(hostMounts)) return;
  throw new RuntimeError("host", "Cannot change the devices of the container: it has ended; start it and try again");
}

function openRoot(init: number): number {
  return openSync(`/proc/${init}/root`, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/** The host's id of the container's root (user_namespaces(7)). */
function rootOf(init: number): number {
  const [inside, outside] = readFileSync(`/proc/${init}/uid_map`, "latin1").trim().split(/\s+/u).map(Number);
  if (inside === 0 && outside !== undefined) return outside;
  throw new RuntimeError("host", "Cannot change the devices of the container: its root has no id on the host");
}

/** By the kernel's list, in which blanks are octal (proc_pid_mountinfo(5)). */
function isMounted(init: number, target: string): boolean {
  const shown = target.replaceAll(/[ \t\n\\]/gu, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return readFileSync(`/proc/${init}/mountinfo`, "utf8")
    .split("\n")
    .some((line) => line.split(" ")[4] === shown);
}

function refusal(verb: "add" | "remove", what: Pluggable, why: string): RuntimeError {
  const device = what.kind === "mount" ? what.mount.device : what.node.device;
  const next = "stop the container first (hostctl container stop)";
  const message = `Cannot ${verb} the device "${device}" while the container runs: ${why}; ${next}`;
  return new RuntimeError("not-supported", message, { key: `devices.${device}` });
}
