import { array, boolean, integer, number, object, optional, picklist, pipe, string } from "@host-service/schema";
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
  /** The operation that is running now, if any. */
  operation: optional(string()),
});
export type ContainerStatus = InferOutput<typeof ContainerStatus>;

export const ContainerList = object({ containers: array(ContainerStatus) });
export type ContainerList = InferOutput<typeof ContainerList>;

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
