import type { SystemCallName } from "@host-service/disk";

/** What reading, hashing and writing open descriptors never takes, nor do the runtime's own threads and timers. */
export const deniedSystemCalls: readonly SystemCallName[] = [
  ...(["execve", "execveat", "kill", "tkill", "ptrace", "process_vm_readv", "process_vm_writev"] as const),
  ...(["pidfd_open", "pidfd_getfd", "pidfd_send_signal", "personality"] as const),
  ...(["socket", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg"] as const),
  ...(["chroot", "pivot_root", "mount", "umount2", "open_tree", "move_mount", "mount_setattr"] as const),
  ...(["fsopen", "fsconfig", "fsmount", "fspick", "setns", "unshare"] as const),
  ...(["mkdirat", "mknodat", "symlinkat", "linkat", "unlinkat", "renameat2", "ftruncate"] as const),
  ...(["fchown", "fchownat", "fchmod", "fchmodat", "utimensat", "fsetxattr", "lsetxattr"] as const),
  ...(["open_by_handle_at", "name_to_handle_at", "fanotify_init", "acct", "quotactl"] as const),
  ...(["init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot"] as const),
  ...(["bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter"] as const),
  ...(["keyctl", "add_key", "request_key", "swapon", "swapoff", "syslog", "vhangup"] as const),
  ...(["sethostname", "setdomainname", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex"] as const),
  ...(["setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups"] as const),
];
