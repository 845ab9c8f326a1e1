// Everything that touches a handed-over descriptor happens here, in a child: on a file system that hangs even its close waits for ever.
// Whatever is refused is closed with the process.
import { type BigIntStats, fstatSync } from "node:fs";
import { copyContents } from "../copy/contents.ts";
import { reportJob, reportSource } from "../job-report.ts";
import { takeDescriptor } from "./descriptor.ts";

const connection = 3;
const to = 4;

/**
 * `job take {"bytes":N,"offset":0}`: the one descriptor that waits in the connection, copied to the empty file that is descriptor 4.
 * A file of more than N bytes is only measured.
 */
export function runTakeJob(argv: string[]): Promise<number> {
  return reportJob(argv, async ({ bytes: bytesMax }) => {
    const from = takeDescriptor(connection);
    const before = fstatSync(from, { bigint: true });
    const bytes = Number(before.size);
    reportSource(bytes);
    if (bytes > bytesMax) return { way: "none" };
    const way = await copyContents({ from, to }, bytes);
    return { way, isChanged: !isSame(before, fstatSync(from, { bigint: true })) };
  });
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs;
}
