// The disk of a board: an image with a partition table, on a loop device. Partitions are told to the kernel one by one, since a kernel
// without the parser of such a table does not find them by itself.
import { constants, existsSync } from "node:fs";
import { open, readFile, truncate } from "node:fs/promises";
import { basename, join } from "node:path";
import { must } from "../run.ts";
import { until } from "../until.ts";

export type PartitionName = "env" | "root-a" | "root-b" | "data";

export interface DiskLayout {
  numbers: Readonly<Record<PartitionName, number>>;
  bytes: Readonly<Record<PartitionName, number>>;
}

export interface BoardDisk {
  /** The loop device, and its partitions, as the machine that plays the board knows them. */
  loop: string;
  device: (name: PartitionName) => string;
}

export const partitionNames: readonly PartitionName[] = ["env", "root-a", "root-b", "data"];
const sectorBytes = 512;
const mebibyte = 1024 * 1024;

/** `onLoop` hears of the loop device before anything else can fail. */
export async function makeDisk(
  directory: string,
  { numbers, bytes }: DiskLayout,
  onLoop: (loop: string) => Promise<void>,
): Promise<BoardDisk> {
  const image = join(directory, "disk.img");
  const total = partitionNames.reduce((sum, name) => sum + bytes[name] + mebibyte, 2 * mebibyte);
  await open(image, "w").then((file) => file.close());
  await truncate(image, total);
  const table = partitionNames.map((name) => `${numbers[name]} : size=${bytes[name] / sectorBytes}, name=${name}\n`);
  await must(["sfdisk", "--quiet", image], { stdin: Buffer.from(`label: gpt\n${table.join("")}`) });
  const loop = (await must(["losetup", "--find", "--show", image])).trim();
  await onLoop(loop);
  await must(["partx", "--add", loop]);
  const device = (name: PartitionName) => `${loop}p${numbers[name]}`;
  for (const name of partitionNames) await expectNode(device(name));
  return { loop, device };
}

/** What udev or devtmpfs does elsewhere. */
async function expectNode(device: string): Promise<void> {
  const numbers = `/sys/class/block/${basename(device)}/dev`;
  await until(`${device} is known`, () => existsSync(numbers));
  if (existsSync(device)) return;
  const [major = "", minor = ""] = (await readFile(numbers, "utf8")).trim().split(":");
  await must(["mknod", device, "b", major, minor]);
}

/** Nothing has the device mounted or claimed any more: of a machine that was cut, mounts go a moment after it. */
export async function untilFree(device: string): Promise<void> {
  await until(`${device} is free`, async () => {
    try {
      const file = await open(device, constants.O_RDONLY | constants.O_EXCL);
      await file.close();
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EBUSY") return false;
      throw error;
    }
  });
}
