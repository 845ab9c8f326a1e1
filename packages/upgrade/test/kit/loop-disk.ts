// A disk with a real partition table: a file behind a loop device. The kernel may know no GPT, so the partitions are added by hand.
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, tryRun } from "./run.ts";

export const mebibyte = 1024 * 1024;

export interface LoopDisk extends Disposable {
  readonly directory: string;
  /** The file behind it. */
  readonly image: string;
  readonly device: string;
  /** As the configuration has them. */
  readonly slots: { readonly a: string; readonly b: string };
}

const programs = ["losetup", "sfdisk", "partx"];

/** Why there can be no such disk here; printed, so that a skipped test is never silent. */
export function skipWithoutLoop(): boolean {
  const why = reason();
  if (why !== undefined) console.log(`skipped: tests of block devices: ${why}`);
  return why !== undefined;
}

function reason(): string | undefined {
  if (process.geteuid?.() !== 0) return "they take root";
  const missing = programs.find((name) => Bun.which(name, { PATH: "/usr/sbin:/sbin:/usr/bin:/bin" }) === null);
  if (missing !== undefined) return `there is no ${missing}`;
  return existsSync("/dev/loop-control") ? undefined : "there are no loop devices";
}

/** `slotBytes` and where the file lies, which is a directory of its own. */
export function makeLoopDisk({ slotBytes = 16 * mebibyte, below = tmpdir() } = {}): LoopDisk {
  const directory = mkdtempSync(join(below, "upgrade-"));
  const image = join(directory, "disk");
  writeFileSync(image, "");
  truncateSync(image, 2 * slotBytes + 4 * mebibyte);
  const size = `size=${slotBytes / 512}`;
  run(["sfdisk", "--quiet", image], { input: `label: gpt\nstart=2048, ${size}, name=root-a\n${size}, name=root-b\n` });
  const device = run(["losetup", "--find", "--show", image]).trim();
  const disk = {
    directory,
    image,
    device,
    slots: { a: `${device}p1`, b: `${device}p2` },
    [Symbol.dispose]() {
      tryRun(["partx", "--delete", device]);
      run(["losetup", "--detach", device]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    // Where the kernel reads the table itself there is nothing to add.
    if (!existsSync(disk.slots.b)) run(["partx", "--add", device]);
    for (const path of [disk.slots.a, disk.slots.b]) makeNode(path);
  } catch (error) {
    disk[Symbol.dispose]();
    throw error;
  }
  return disk;
}

/** Where no devtmpfs makes it. */
function makeNode(path: string): void {
  if (existsSync(path)) return;
  const number = readFileSync(`/sys/class/block/${path.slice("/dev/".length)}/dev`, "utf8").trim();
  run(["mknod", path, "b", ...number.split(":")]);
}
