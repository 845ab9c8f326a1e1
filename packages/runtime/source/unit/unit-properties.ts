import type { Plan } from "../model/plan.ts";

/**
 * For `systemctl set-property --runtime`: always the whole set, so that a limit that an update dropped is dropped. A property
 * without a value ("MemoryMax=") goes back to its default.
 */
export function unitPropertiesOf(plan: Plan): string[] {
  throw new Error(`not written yet: ${plan.name}`);
}
