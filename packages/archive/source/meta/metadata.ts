// What a metadata archive comes to, whatever its convention.

/** What the runtime may be told, by the host's rules: never a privilege, those come from config.yaml alone. */
export interface MetaHints {
  initCommand?: string[];
  environment?: Record<string, string>;
  haltSignal?: string;
  rebootSignal?: string;
  stopSignal?: string;
  ttyMax?: number;
  ptyMax?: number;
  /** Where config.yaml says no name. */
  hostname?: string;
}

/** A file system of the kernel's own, in the container. */
export interface KernelMount {
  type: string;
  target: string;
  options: string[];
}

/** One file of the root, for `applyTemplates`. Paths are absolute within the root, and bytes (latin1). */
export type Template =
  /** In a file that is there. */
  | { kind: "substitute"; path: string; words: Record<string, string> }
  /** Over whatever file is there; `text` is bytes. */
  | {
      kind: "write";
      path: string;
      text: string;
      createOnly: boolean;
      uid?: number | undefined;
      gid?: number | undefined;
      mode?: number | undefined;
    };

export interface Metadata {
  convention: "lxc" | "incus";
  /** All names, in order. */
  members: string[];
  /** Members and keys that had a consequence, and those that had none. */
  used: string[];
  ignored: string[];
  /** Sentences for a person. */
  warnings: string[];
  /** Checked patterns: members of the root file system that are left out. */
  excludes: string[];
  templates: Template[];
  hints: MetaHints;
  mounts: KernelMount[];
  properties: Record<string, string>;
}

/** What the metadata is read for. */
export interface MetaContext {
  /** Of the container. */
  name: string;
  unprivileged: boolean;
  /** Of the host, as `uname -m` has it; without it, every one fits. */
  architecture: string | undefined;
  /** Paths of the slot on the host. */
  metaDirectory: string;
  rootfs: string;
  now: Date;
  /** Host paths that config.yaml mounts, and where. */
  hostMounts: readonly { source: string; target: string }[];
}
