// Every archive that is made to break out of its slot, as the rootfs of an install. What it would reach is a directory with a canary.
import { expect } from "bun:test";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostileArchives, hostileLimits } from "@host-service/fixtures";
import { goodImage } from "./good-image.ts";
import { Table } from "./table.ts";

const { entriesMax, unpackedBytesMax } = hostileLimits;
const table = new Table("hostile", {
  device: { limits: { entries_max: entriesMax, unpacked_bytes_max: unpackedBytesMax } },
});
const outside = join(table.workplace, "outside");
mkdirSync(outside);
writeFileSync(join(outside, "canary"), "sings\n");

for (const { name, entry, build } of hostileArchives) {
  table.row(name, 5, async (device) => {
    const path = join(table.workplace, "rootfs.tar");
    writeFileSync(path, build(outside));
    const answer = await device.hostctl("container", "install", goodImage().config, path);
    expect(readdirSync(outside)).toEqual(["canary"]);
    expect(readFileSync(join(outside, "canary"), "utf8")).toBe("sings\n");
    if (entry !== undefined && answer.stdout.startsWith('Cannot unpack "')) expect(answer.stdout).toContain(entry);
    return answer;
  });
}
table.complete();
