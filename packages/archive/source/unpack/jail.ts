import { type SystemCallName, capability, chroot, denySystemCalls, dropCapabilities } from "@host-service/disk";

/**
 * What writing a root file system takes: owners, files that are not ours, setuid, device nodes, security.capability;
 * and SYS_ADMIN, without which the kernel sets no trusted.* or security.selinux. What else it allows is denied below.
 */
export const unpackCapabilities: readonly number[] = [
  capability.CHOWN,
  capability.DAC_OVERRIDE,
  capability.FOWNER,
  capability.FSETID,
  capability.MKNOD,
  capability.SETFCAP,
  capability.SYS_ADMIN,
];

const deniedCalls: readonly SystemCallName[] = [
  ...(["chroot", "pivot_root", "unshare", "setns", "mount", "umount2", "open_tree", "move_mount"] as const),
  ...(["fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"] as const),
  ...(["ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd", "pidfd_send_signal"] as const),
  ...(["execve", "execveat", "kill", "tkill", "socket", "connect", "bind", "listen", "accept", "accept4"] as const),
  ...(["bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "fanotify_init"] as const),
  ...(["kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot"] as const),
  ...(["open_by_handle_at", "name_to_handle_at", "keyctl", "add_key", "request_key"] as const),
  ...(["swapon", "swapoff", "sethostname", "setdomainname", "settimeofday", "clock_settime"] as const),
  ...(["clock_adjtime", "adjtimex", "acct", "quotactl", "syslog", "personality", "vhangup"] as const),
  ...(["setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups"] as const),
];

/**
 * From here on the process reaches nothing but its descriptors and, as root, what is beneath the directory. Everything
 * that has to be loaded must have been.
 */
export function shutJail(directoryFd: number, isRoot: boolean): void {
  if (isRoot) {
    chroot(directoryFd);
    dropCapabilities(unpackCapabilities);
  }
  denySystemCalls(deniedCalls);
}
