import { expect, test } from "bun:test";
import { CrashDisk } from "@host-service/disk/crash-disk";
import { hostIds } from "../../source/ids/host-ids.ts";

test("hostIds reads users, groups and subordinate ids, follows one link and passes over what is no line of them", async () => {
  const disk = new CrashDisk();
  await disk.makeDirectory("/etc");
  await disk.create("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n+::::::\nodd\nbig:x:600000:600001::/:\n");
  await disk.create("/etc/group", "staff:x:50:\n");
  await disk.create("/etc/real", "alice:524288:65536\n\n# a comment:1\nnone:1:0\nbad:x:9\n");
  await disk.link("real", "/etc/subuid");
  expect(await hostIds(disk, "/etc")).toEqual([
    { base: 0, count: 1 },
    { base: 600_000, count: 1 },
    { base: 50, count: 1 },
    { base: 524_288, count: 65_536 },
  ]);
});
