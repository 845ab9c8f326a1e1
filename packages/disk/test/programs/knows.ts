// Hides most of the calls from itself, then tells which of those that it is asked for it still knows.
import { denySystemCalls, kernelKnows, type ProbedCall } from "@host-service/disk";

denySystemCalls(["openat2", "renameat2", "seccomp", "copy_file_range"]);
const known = process.argv.slice(2).filter((name) => kernelKnows(name as ProbedCall));
process.stdout.write(known.map((name) => `${name}\n`).join(""));
