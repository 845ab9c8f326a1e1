// Mounts in another mount namespace than our own: a copy is taken here, carried over by its descriptor, and attached there. The calling thread is in that
// namespace from then on, for good; so this is for a program of its own, which does nothing else afterwards.
import { AT_EMPTY_PATH } from "./linux.ts";
import { invoke, pathAddress, secondPathAddress } from "./system-call.ts";

// linux/sched.h and linux/mount.h
const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;
const OPEN_TREE_CLONE = 0x1;
const OPEN_TREE_CLOEXEC = 0x80000;
const AT_RECURSIVE = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const MNT_DETACH = 0x2;
const UMOUNT_NOFOLLOW = 0x8;

/** A descriptor of a mount of what lies at `fd` that is nowhere yet (open_tree(2)); gone when it is closed before it was attached. */
export function copyMount(fd: number, { recursive = false }: { recursive?: boolean } = {}): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  return invoke("open_tree", undefined, fd, pathAddress(""), flags);
}

/** What this thread mounts from here on nobody else sees. */
export function leaveMounts(): void {
  invoke("unshare", undefined, CLONE_NEWNS);
}

/** `namespaceFd` is of /proc/PID/ns/mnt. The root and the working directory of this thread become that namespace's. */
export function enterMounts(namespaceFd: number): void {
  // The kernel lets no thread in that shares them with others (setns(2)).
  invoke("unshare", undefined, CLONE_FS);
  invoke("setns", undefined, namespaceFd, CLONE_NEWNS);
}

/** `toFd` is in the namespace of this thread. */
export function attachMount(mountFd: number, toFd: number): void {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  invoke("move_mount", undefined, mountFd, pathAddress(""), toFd, secondPathAddress(""), flags);
}

/** Takes away what is mounted at a name in a directory of this thread's namespace; who has files open there keeps them. */
export function detachMount(directoryFd: number, name: string): void {
  invoke("fchdir", name, directoryFd);
  invoke("umount2", name, pathAddress(name), MNT_DETACH | UMOUNT_NOFOLLOW);
}

/** Whose files this thread makes from here on, and with whose rights: root's own with 0. */
export function setFileSystemIds(id: number): void {
  invoke("setfsgid", undefined, id);
  invoke("setfsuid", undefined, id);
}
