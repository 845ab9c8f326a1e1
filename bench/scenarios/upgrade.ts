// An upgrade of the host: 500 MB into an emptied partition, verified, durable and read back; beside what else a user would take, and
// the decoders alone.
import { copyFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Way, compare } from "../kit/compare.ts";
import { Device } from "../kit/device.ts";
import type { Report } from "../kit/report.ts";
import { findProgram, shell } from "../kit/run.ts";
import { type SlotDisk, makeSlotDisk } from "../kit/slot-disk.ts";
import { type UpgradeImage, upgradePeers } from "../kit/upgrade-peers.ts";
import {
  type Packing,
  type UpgradeImages,
  deviceType,
  packings,
  payloadBytes,
  upgradeImages,
} from "../kit/upgrade-images.ts";
import type { Bench } from "../kit/workplace.ts";

const slotBytes = 600 * 1024 * 1024;
const copy = "dd conv=fsync, openssl dgst beside it";
const decoders: Readonly<Record<Packing, string>> = { gz: "gzip -dc", xz: "xz -T0 -dc", zst: "zstd -q -dc" };

export async function upgrade(bench: Bench): Promise<Report> {
  const nothing = (why: string): Report => ({ rows: [], figures: [], missing: [why] });
  if (findProgram("grub-editenv") === undefined) return nothing("grub-editenv");
  const images = await upgradeImages();
  if (typeof images === "string") return nothing(images);
  const disk = await makeSlotDisk(bench.directory, slotBytes);
  if (disk === undefined) return nothing("a root file system on a device of its own");
  const device = await Device.boot(bench, { configuration: await configurationOf(bench, disk) });
  const emptied = (way: Way): Way => ({ ...way, before: () => disk.empty() });
  const peers = await upgradePeers(bench, copied(bench, images));
  const found = peers.filter((peer) => typeof peer === "object");
  const rows = await compare([...waysOf(device, disk, images).map(emptied), ...found.map(settled)], bench.rounds);
  await device.end();
  disk.end();
  const size = (packing: Packing) => ({
    name: `size of .mender, ${packing}`,
    value: Bun.file(images.packed[packing].artifact).size / 1e6,
    unit: "MB",
  });
  return { rows, figures: packings.map(size), missing: peers.filter((peer) => typeof peer === "string") };
}

/** The peers link it into what they pack. */
function copied({ directory }: Bench, { payload }: UpgradeImages): UpgradeImage {
  const copy = path.join(directory, "payload.img");
  copyFileSync(payload, copy);
  return { path: copy, bytes: payloadBytes };
}

/** What an earlier way left to be written is not for the next one to pay. */
function settled(way: Way): Way {
  return {
    ...way,
    before: async () => {
      await way.before?.();
      await shell("sync");
    },
  };
}

function waysOf(device: Device, { target }: SlotDisk, images: UpgradeImages): Way[] {
  const ours = (name: string, file: string, more: Partial<Way> & { transfer?: "fd" | "stream" } = {}): Way => {
    const { transfer = "fd", ...way } = more;
    return { name, run: () => device.upgrade(file, transfer), after: () => device.dropUpgrade(), ...way };
  };
  const reference = 'openssl dgst -sha256 "$1" >/dev/null & dd if="$1" of="$2" bs=1M conv=fsync status=none; wait $!';
  return [
    { name: copy, run: () => shell(reference, images.payload, target) },
    ours("host-service, .mender uncompressed", images.artifact, { aim: 1.25 }),
    ours("host-service, the same as a body", images.artifact, { transfer: "stream", aim: 1.25 }),
    ours("host-service, .img", images.payload, { aim: 1.25 }),
    ...packings.flatMap((packing): Way[] => {
      const alone = `${decoders[packing]} alone`;
      const packed = images.packed[packing];
      return [
        { name: alone, run: () => shell(`${decoders[packing]} "$1" >/dev/null`, packed.payload), against: alone },
        ours(`host-service, .mender of ${packing}`, packed.artifact, { against: alone }),
      ];
    }),
  ];
}

async function configurationOf(bench: Bench, { running, target }: SlotDisk): Promise<string> {
  const environment = path.join(bench.directory, "grubenv");
  writeFileSync(environment, "");
  await shell(
    'grub-editenv "$1" create; grub-editenv "$1" set mender_boot_part=1 upgrade_available=0 bootcount=0',
    environment,
  );
  return `[upgrade]
device_type = "${deviceType}"
slots = [${JSON.stringify(running)}, ${JSON.stringify(target)}]
boot_environment = "grub"
boot_environment_file = ${JSON.stringify(environment)}
boot_parts = [1, 2]
`;
}
