/** What runs a container. "none": the host's own units do. */
export type RuntimeName = "nspawn" | "lxc" | "none";

/**
 * `[containers.NAME]` of the host's configuration: the most that a config.yaml may ask for. The names here are those of the
 * file in camel case; a message names the line that the administrator would write.
 */
export interface Grant {
  /** What runs the container when its config.yaml does not say. */
  runtime: RuntimeName;
  privileged: boolean;
  /** Directories and files of the host that may be shared, with everything below them. Absolute, without "..". */
  diskSources: readonly string[];
  /** Device nodes below /dev, in which `*` stands for anything but a slash. */
  devices: readonly string[];
  /** Such as "CAP_NET_ADMIN". */
  capabilities: readonly string[];
  /** "host", "p2p", or a kind with its parent: "bridged:br0", "macvlan:eth0", "ipvlan:eth0", "physical:eth1". */
  nics: readonly string[];
  /** `security.nesting`: a second proc and sysfs inside, for containers in the container. */
  nesting: boolean;
  /** `raw.lxc`: lines that reach LXC unread; who may write them is root of the host. */
  rawOptions: boolean;
  /** The host service's own directories and sockets: nothing of them is shared, nor what they lie in, whatever is granted. */
  ownPaths: readonly string[];
}

/** What the host's configuration calls them. */
export const grantKeys = {
  privileged: "privileged",
  diskSources: "disk_sources",
  devices: "devices",
  capabilities: "capabilities",
  nics: "nics",
  nesting: "nesting",
  rawOptions: "raw_options",
} as const satisfies Partial<Record<keyof Grant, string>>;

/** The design's defaults: nothing. */
export const noGrant: Grant = {
  runtime: "none",
  privileged: false,
  diskSources: [],
  devices: [],
  capabilities: [],
  nics: [],
  nesting: false,
  rawOptions: false,
  ownPaths: [],
};
