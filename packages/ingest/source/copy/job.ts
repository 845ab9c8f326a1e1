import { reportJob } from "../job-report.ts";
import { copyContents } from "./contents.ts";

const descriptors = { from: 3, to: 4 };

/** `job copy {"bytes":N,"offset":0}`: from descriptor 3 to the empty file that is descriptor 4. */
export function runCopyJob(argv: string[]): Promise<number> {
  return reportJob(argv, async ({ bytes }) => ({ way: await copyContents(descriptors, bytes) }));
}
