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
  /** Directories; become /dev/incus and /dev/lxd where the plan has the guest API. */
  incusDirectory: string;
  lxdDirectory: string;
  /** Where the init says by itself that it is ready, as systemd does (`findInit` knows). */
  initNotifies: boolean;
  /** Undefined: it is missing, and was not required. */
  mountSource: (mount: Mount) => { path: string; kind: "directory" | "file" } | undefined;
  /** The node that was made for the container. Undefined: the host's is missing, and was not required. */
  nodeSource: (node: DeviceNode) => string | undefined;
  /** For generated files; on a tmpfs, 0700. */
  runtimeDirectory: string;
  /** Whether systemd-machined is there to register with. */
  machined: boolean;
  /** LXC writes the console there as well. */
  consoleLog?: string;
}
