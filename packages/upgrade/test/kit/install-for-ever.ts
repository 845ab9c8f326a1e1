// Installs a body that never ends into the device of its first argument, and prints its jobs once they write.
import { partitionsInstaller } from "../../source/index.ts";
import { pattern, program, streamOf, takesAll } from "./installing.ts";
import { children } from "./processes.ts";

async function* forEver() {
  yield pattern(1024 * 1024);
  await new Promise(() => {});
}

const slots = { a: "/dev/zero", b: process.argv[2] ?? "" };
await partitionsInstaller({ program, slots, stallTimeoutMs: 60_000 }).install(
  { kind: "body", body: streamOf(forEver()), bytesExpected: undefined },
  takesAll,
  {
    slot: "b",
    signal: new AbortController().signal,
    onProgress: () => {},
    beforeWriting: async () => void process.stdout.write(`${children().join(" ")}\n`),
  },
);
