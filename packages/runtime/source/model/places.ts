import type { DeviceNode, Mount } from "./plan.ts";

/** Where the parts of a container are on this host. `container run` has made them before a runtime is started. */
export interface Places {
  /** The mounted root, or the rootfs itself where the plan says read-only. */
  root: string;
  /** Becomes /host inside. */
  hostDirectory: string;
  /** The loader, its libraries and the one copy of the program; becomes /host/lib, read-only. */
  library: string;
  /** A file; becomes /host/hostctl, read-only. */
  launcher: string;
  /** Directories; become /dev/incus and /dev/lxd. Undefined where the guest API is switched off (`security.guestapi`). */
  incusDirectory: string | undefined;
  lxdDirectory: string | undefined;
  /** Undefined: it is missing, and was not required. */
  mountSource: (mount: Mount) => string | undefined;
  nodeSource: (node: DeviceNode) => string | undefined;
  /** For generated files; on a tmpfs, 0700. */
  runtimeDirectory: string;
  /** Whether systemd-machined is there to register with. */
  machined: boolean;
  /** LXC writes the console there as well. */
  consoleLog?: string;
}
