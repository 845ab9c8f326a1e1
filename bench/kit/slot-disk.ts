// A disk with a partition table behind a loop device, whose second partition is the slot that is written. The first slot is the device that
// this machine runs from: nothing writes it, and it is what the daemon has to find running.
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { atEnd } from "./cleanup.ts";
import { shell, shellNow } from "./run.ts";

export interface SlotDisk {
  readonly running: string;
  readonly target: string;
  /** As on a device that was never written. */
  empty(): Promise<unknown>;
  end(): void;
}

const mebibyte = 1024 * 1024;

/** undefined where the root of this machine lies on no device of its own. */
export async function makeSlotDisk(below: string, slotBytes: number): Promise<SlotDisk | undefined> {
  const running = rootDevice();
  if (running === undefined) return undefined;
  const file = path.join(below, "slots.img");
  writeFileSync(file, "");
  truncateSync(file, slotBytes + 4 * mebibyte);
  await shell(
    'printf "label: gpt\\nstart=2048, size=%s, name=root-b\\n" "$2" | sfdisk -q "$1"',
    file,
    `${slotBytes / 512}`,
  );
  const loop = (await shell('losetup --find --show "$1"', file)).trim();
  const end = atEnd(() => {
    shellNow('partx --delete "$1" 2>/dev/null || true; losetup --detach "$1"', loop);
    rmSync(file);
  });
  const target = `${loop}p1`;
  // The kernel may not read the table itself.
  await shell('test -b "$2" || partx --add "$1"', loop, target);
  const empty = () => shell('blkdiscard -f "$1" 2>/dev/null; sync -f "$2"; sync "$1"', target, file);
  return { running, target, empty, end };
}

function rootDevice(): string | undefined {
  const { dev } = statSync("/");
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xf_ff00);
  if (major === 0) return undefined;
  const name = /^DEVNAME=(.+)$/m.exec(readFileSync(`/sys/dev/block/${major}:${minor}/uevent`, "utf8"))?.[1];
  return name === undefined ? undefined : `/dev/${name}`;
}
