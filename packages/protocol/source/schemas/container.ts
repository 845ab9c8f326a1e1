import {
  array,
  boolean,
  integer,
  number,
  object,
  optional,
  picklist,
  pipe,
  record,
  string,
} from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

export const StateWord = picklist(["normal", "pending", "trying", "rollback"]);
export type StateWord = InferOutput<typeof StateWord>;

/** Who signed an image. Not verified means that the host had no keys to compare with: then the id is only what the image says. */
const Signer = object({
  /** 16 hexadecimal digits, as minisign prints them. */
  keyId: string(),
  verified: boolean(),
  trustedComment: optional(string()),
});

/** What an image's metadata archive is ("lxc" or "incus"), and what it says of the image: os, release and so on. */
const ImageMetadata = object({ convention: string(), properties: optional(record(string(), string())) });

/** One slot with what is in it. `imageId` is "sha256:" and 64 hexadecimal digits; times are RFC 3339 in UTC. */
export const SlotSummary = object({
  slot: picklist(["a", "b"]),
  imageId: string(),
  version: optional(string()),
  stagedAt: optional(string()),
  entries: optional(pipe(number(), integer())),
  bytes: optional(pipe(number(), integer())),
  /** Absent where the image came without a signature. */
  signer: optional(Signer),
  /** Absent where the image came without a metadata archive. */
  metadata: optional(ImageMetadata),
  /** False where the slot's `slot.json` is gone or names another image: it cannot be booted. */
  bootable: boolean(),
});
export type SlotSummary = InferOutput<typeof SlotSummary>;

export const Outcome = object({
  result: picklist(["committed", "rolled-back", "cancelled", "failed"]),
  imageId: optional(string()),
  version: optional(string()),
  why: string(),
  at: string(),
});
export type Outcome = InferOutput<typeof Outcome>;

/** The container's unit: whether it runs, since when, and how it ended last. */
export const UnitStatus = object({
  state: picklist(["running", "starting", "restarting", "stopping", "stopped", "failed"]),
  since: optional(string()),
  /** A clause, such as "with exit status 1", and when. */
  ended: optional(object({ how: string(), at: optional(string()) })),
});
export type UnitStatus = InferOutput<typeof UnitStatus>;

/** A trial that the daemon watches, and ends by itself. */
export const TrialStatus = object({
  commit: picklist(["manual", "ready"]),
  /** When it is ended, unless it is committed before. */
  endsAt: optional(string()),
  /** How often its health check has passed in a row, of how often it has to. */
  passes: optional(pipe(number(), integer())),
  passesWanted: optional(pipe(number(), integer())),
  /** How the health check failed last. */
  problem: optional(string()),
});
export type TrialStatus = InferOutput<typeof TrialStatus>;

export const ContainerStatus = object({
  name: string(),
  state: StateWord,
  /** Nothing was ever committed, so that nothing runs; the state word is "normal" then. */
  empty: boolean(),
  running: optional(SlotSummary),
  nextBoot: optional(SlotSummary),
  other: optional(SlotSummary),
  /** How many more boots the trial has before it is rolled back. */
  bootsLeft: optional(pipe(number(), integer())),
  why: string(),
  outcome: optional(Outcome),
  /** False while the boot hook has not resolved the record in this boot: nothing can be changed then. */
  resolved: boolean(),
  /** What runs it; "none" leaves that to the host's own units. */
  runtime: optional(picklist(["nspawn", "lxc", "none"])),
  /** Absent where its runtime is "none". */
  unit: optional(UnitStatus),
  trial: optional(TrialStatus),
  /** Whether the guest said by its guest API that it is ready; absent while it has said nothing. */
  ready: optional(boolean()),
  /** The operation that is running now, if any. */
  operation: optional(string()),
});
export type ContainerStatus = InferOutput<typeof ContainerStatus>;

export const ContainerList = object({ containers: array(ContainerStatus) });
export type ContainerList = InferOutput<typeof ContainerList>;

/** Of the image and live, as they count for the guest. */
export const ContainerConfig = object({ config: record(string(), string()) });
export type ContainerConfig = InferOutput<typeof ContainerConfig>;

export const ConfigValue = object({ value: string() });
export type ConfigValue = InferOutput<typeof ConfigValue>;

export const ContainerDevices = object({ devices: record(string(), record(string(), string())) });
export type ContainerDevices = InferOutput<typeof ContainerDevices>;

/** What a finished change answers. Warnings are sentences for a person. */
export const ContainerAnswer = object({
  container: ContainerStatus,
  warnings: array(string()),
  operation: string(),
});
export type ContainerAnswer = InferOutput<typeof ContainerAnswer>;

export const Removed = object({ removed: string(), operation: string() });
export type Removed = InferOutput<typeof Removed>;

export const HistoryEntry = object({
  operation: string(),
  at: string(),
  /** "host" for the host's own system, "portable/NAME" for a portable service: no container has such a name. */
  container: string(),
  action: picklist([
    "install",
    "upgrade",
    "commit",
    "rollback",
    "try",
    "start",
    "stop",
    "restart",
    "end-trial",
    "remove",
    "boot",
    "inspect",
    "attach",
    "detach",
  ]),
  /** Which listener asked: "host", or the container's name; "boot" for the boot hook. */
  caller: string(),
  result: picklist(["done", "failed", "refused", "cancelled"]),
  imageId: optional(string()),
  version: optional(string()),
  signer: optional(Signer),
  durationMs: optional(pipe(number(), integer())),
  /** For what did not succeed: the problem's code; for the boot hook: what it decided. */
  code: optional(string()),
  why: optional(string()),
});
export type HistoryEntry = InferOutput<typeof HistoryEntry>;

/** Newest last. */
export const History = object({ history: array(HistoryEntry) });
export type History = InferOutput<typeof History>;
