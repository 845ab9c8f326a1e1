import { expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { handOver } from "../handing-over.ts";
import { refusal, until, Workshop } from "../workshop.ts";

const name = "the rootfs";

function ownDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

const canStillChange = "it is memory that can still change (F_SEAL_SHRINK and F_SEAL_WRITE are not set)";
const refused: Record<string, string> = {
  nothing: "nothing was handed over",
  none: "the message brought no descriptor",
  two: "2 descriptors came at once",
  many: "253 descriptors came at once",
  path: "it is a mere path (O_PATH), not an open file",
  "directory-path": "it is a mere path (O_PATH), not an open file",
  "write-only": "it is open for writing alone",
  directory: "it is a directory",
  device: "it is a character device",
  pipe: "it is a FIFO",
  socket: "it is a socket",
  memfd: canStillChange,
  "memfd-shrinks": canStillChange,
  "memfd-writable": canStillChange,
  unnamed: canStillChange,
};

for (const [what, found] of Object.entries(refused)) {
  test(`takeDescriptor: ${what} is refused, and nothing of it was ever open here`, async () => {
    using workshop = new Workshop();
    const inbox = await workshop.inbox();
    writeFileSync(workshop.path("image"), "abc");
    await using handed = await handOver(workshop, what, workshop.path("image"));
    const before = ownDescriptors();
    const error = await refusal(inbox.receiveHandedOver(handed.connection, { name }));
    expect(error.problem).toEqual({ kind: "descriptor-refused", found });
    await workshop.expectNothingLeft();
    await until(() => ownDescriptors() <= before, "no more is open than before");
  });
}
