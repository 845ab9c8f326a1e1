import { array, boolean, object, optional, picklist, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

/** One thing that was looked at. */
export const Finding = object({
  /** What was looked at, in a word or two: "kernel", "free space". */
  check: string(),
  /** "warning" is slow, or will be in the way one day; "problem" is in the way. */
  status: picklist(["ok", "warning", "problem"]),
  /** One sentence without a full stop. */
  message: string(),
  /** What a person does next, where it is not ok. */
  next: optional(string()),
});
export type Finding = InferOutput<typeof Finding>;

/** `ok` is that nothing is a problem. */
export const DoctorReport = object({ ok: boolean(), findings: array(Finding) });
export type DoctorReport = InferOutput<typeof DoctorReport>;
