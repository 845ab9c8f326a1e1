import type { SlotName } from "@host-service/slots";

/** Where the bytes of an upgrade come from. */
export type UpgradeSource =
  /**
   * A regular file, read from its start; nobody else uses the descriptor's offset meanwhile. `path` and `sha256`, in hexadecimal, are given
   * for a file of the inbox.
   */
  | { kind: "file"; fd: number; bytes: number; path?: string; sha256?: string }
  /** The open file that waits, unread, in this connected Unix socket. */
  | { kind: "handed-over"; connection: number }
  | { kind: "body"; body: ReadableStream<Uint8Array>; bytesExpected: number | undefined };

/** What is in a slot, once all of it is on the device. */
export interface InstalledImage {
  /** "sha256:" and 64 hexadecimal digits, of the payload; of the file itself where a tool unpacks it. */
  imageId: string;
  /** What the image calls itself: a Mender artifact's name, a bundle's version. */
  name?: string;
  /** What the floor compares: `rootfs-image.version` of a Mender artifact, else as `name`. */
  version?: string;
  bytes: number;
  /** What it says that it provides, for what a later image may ask. */
  provides?: Record<string, string>;
  /** Who signed it; absent for what came without a signature that anybody checked. */
  signer?: { keyId: string; verified: boolean; trustedComment?: string };
  warnings: string[];
}

export interface InstallProgress {
  phase: "receive" | "write" | "verify";
  bytes: number;
  bytesTotal?: number;
}

export interface InstallOptions {
  /** The slot that does not run. */
  slot: SlotName;
  signal: AbortSignal;
  onProgress: (progress: InstallProgress) => void;
  /**
   * Called once and waited for, when everything that can be checked before was: from then on nobody knows what the slot holds. `image` is
   * what it says of itself, undefined where its tool tells that only at the end. What this throws ends the installation, with the slot
   * as it was.
   */
  beforeWriting: (image: { name?: string; version?: string } | undefined) => Promise<void>;
  /** A job was killed, and `ended` settles when it is gone: one that waits for a foreign file system goes only when that answers. */
  onJobKilled?: (ended: Promise<unknown>) => void;
}

/**
 * Brings an image into the slot that does not run. When it resolves all of it is on the device, was read back and is what its
 * maker signed. Throws ArtifactError where the file is to blame, else UpgradeError. Whatever it throws, only the slot has changed.
 */
export interface Installer<Request> {
  /** "stream" reads any source in one pass; "file" needs one that lies in the inbox. */
  readonly takes: "stream" | "file";
  /** Whether the boot loader has been told when `install` resolves. */
  readonly armsItself: boolean;
  /** Before the first byte is read: the tool is there, the slot's device can be written. */
  check(slot: SlotName): Promise<void>;
  install(source: UpgradeSource, request: Request, options: InstallOptions): Promise<InstalledImage>;
}
