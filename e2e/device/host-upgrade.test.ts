// An upgrade of the host by the daemon as its unit confines it: it writes the inactive partition, and tells the boot loader. What stands for a host on
// slot a is a root that the unit is given there, with all of the device's directories in it: everything else of the unit is the package's.
import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attachLoop, sha256Of } from "@host-service/fixtures";
import type { LoopDevice } from "@host-service/fixtures";
import { needsLoopDevices, needsTools } from "../kit/requirements.ts";
import { must } from "../kit/run.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { hostctl, succeeded } from "./kit/edge.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const slotBytes = 16 * 1024 ** 2;
const folders = "bin boot dev etc home lib lib64 proc root run sbin srv sys tmp usr var".split(" ");

interface Loader {
  upgrade: string[];
  prepare: (device: SystemdDevice, slots: Parts) => Promise<void>;
  /** What it is told, as text. */
  told: string[];
}

interface Parts {
  a: LoopDevice;
  b: LoopDevice;
  environment: LoopDevice;
}

const numberOf = ({ device }: LoopDevice) => Number(device.replace("/dev/loop", ""));

const loaders: Record<string, Loader> = {
  "U-Boot": {
    upgrade: ['boot_environment = "u-boot"'],
    prepare: async (device, { a, environment }) => {
      // As on a board: in a partition of its own.
      await device.write("/etc/fw_env.config", `${environment.device} 0x0 0x4000\n`);
      await device.write("/etc/u-boot-initial-env", "bootcount=0\n");
      await device.must(["fw_setenv", "mender_boot_part", String(numberOf(a))]);
    },
    told: ["fw_printenv"],
  },
  GRUB: {
    upgrade: ['boot_environment = "grub"', 'boot_environment_file = "/boot/grub/grubenv"'],
    prepare: async (device, { a }) => {
      const editor = Bun.which("grub-editenv") ?? "";
      const libraries = (await must(["ldd", editor])).match(/\/lib\/\S+\.so\S*/gu) ?? [];
      for (const file of [editor, ...libraries.map((library) => `/usr${library}`)]) {
        if (!existsSync(device.path(file))) await device.put(file, file);
      }
      await device.shell("chmod +x /usr/bin/grub-editenv; mkdir -p /boot/grub; grub-editenv /boot/grub/grubenv create");
      const first = ["upgrade_available=0", "bootcount=0", `mender_boot_part=${numberOf(a)}`];
      await device.must(["grub-editenv", "/boot/grub/grubenv", "set", ...first]);
    },
    told: ["grub-editenv", "/boot/grub/grubenv", "list"],
  },
};

/** Three partitions of a disk, as loop devices of this machine that the device has as well. */
async function withParts(story: (parts: Parts & { image: string }) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "host-upgrade-"));
  const attached: LoopDevice[] = [];
  try {
    const root = join(directory, "root");
    for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, "version"), "2.0.0\n");
    const file = (name: string) => join(directory, name);
    for (const name of ["a", "image"]) {
      await writeFile(file(name), "");
      await truncate(file(name), slotBytes);
      await must(["mkfs.ext4", "-q", "-d", root, file(name)]);
    }
    const attach = (name: string, bytes: number) => {
      const loop = attachLoop(file(name), bytes);
      attached.push(loop);
      return loop;
    };
    const parts = {
      a: attach("a", slotBytes),
      b: attach("b", slotBytes),
      environment: attach("environment", 1024 ** 2),
    };
    await story({ ...parts, image: file("image") });
  } finally {
    for (const loop of attached.toReversed()) loop.end();
    await rm(directory, { recursive: true });
  }
}

/** The hook and the daemon have the slot as their root that the boot loader was told, from the next boot on. */
async function runOnSlots(device: SystemdDevice, parts: Parts, { upgrade, told }: Loader): Promise<void> {
  const { a, b } = parts;
  // The device's own /proc, as the kernel's would have the boot id of the machine that runs the tests.
  const own = folders.filter((folder) => folder !== "root").map((folder) => `/${folder}`);
  const dropIn = `[Service]\nRootDirectory=/mnt\nMountAPIVFS=no\nBindPaths=${own.join(" ")}\n`;
  for (const unit of ["host-service", "host-service-boot"]) {
    await device.write(`/etc/systemd/system/${unit}.service.d/slot.conf`, dropIn);
  }
  const loader = `#!/bin/sh -e
    ${nodesOf(parts)}
    mount /dev/loop$(${told.join(" ")} | sed -n s/^mender_boot_part=//p) /mnt\n`;
  await device.write("/usr/local/sbin/boot-loader", loader, 0o755);
  const lines = ["[Unit]", "DefaultDependencies=no", "Before=host-service-boot.service", "[Service]", "Type=oneshot"];
  const last = ["RemainAfterExit=yes", "ExecStart=/usr/local/sbin/boot-loader", "[Install]", "WantedBy=sysinit.target"];
  await device.write("/etc/systemd/system/boot-loader.service", `${[...lines, ...last].join("\n")}\n`);
  await device.must(["systemctl", "--quiet", "enable", "boot-loader.service"]);
  const configuration = [
    "[upgrade]",
    'backend = "partitions"',
    'device_type = "edge-x1"',
    `slots = ${JSON.stringify([a.device, b.device])}`,
    `boot_parts = ${JSON.stringify([numberOf(a), numberOf(b)])}`,
    ...upgrade,
  ];
  await device.write("/etc/host-service/config.toml", `${configuration.join("\n")}\n`);
}

function nodesOf({ a, b, environment }: Parts): string {
  return [a, b, environment]
    .map((loop) => `test -e ${loop.device} || mknod ${loop.device} b 7 ${numberOf(loop)}`)
    .join("\n");
}

const statusOf = async (device: SystemdDevice) => (await succeeded(hostctl(device, "system", "status"))).split("\n")[0];

const needs = [needsLoopDevices(), needsTools("mkfs.ext4", "grub-editenv", "ldd")];

for (const [name, loader] of Object.entries(loaders)) {
  onSystemd(
    `an upgrade of the host with ${name} is written, called off, tried and kept by the daemon as its unit confines it`,
    () =>
      withParts(async (parts) => {
        await onDevice({}, async (device) => {
          await device.shell(nodesOf(parts));
          await loader.prepare(device, parts);
          await runOnSlots(device, parts, loader);
          await device.reboot();
          expect(await device.property("host-service.service", "NoNewPrivileges")).toBe("yes");
          const told = () => device.must(loader.told);

          await device.put(parts.image, "/srv/root.img");
          for (const ending of ["rollback", "commit"]) {
            const said = await hostctl(device, "system", "upgrade", "/srv/root.img");
            expect([said.stdout, said.exitCode]).toEqual([
              "Upgrade installed successfully. Please reboot to complete the process.\n",
              0,
            ]);
            expect(sha256Of(parts.b.device, slotBytes)).toBe(sha256Of(parts.image, slotBytes));
            expect(await told()).toContain("upgrade_available=1");
            expect(await told()).toContain(`mender_boot_part=${numberOf(parts.b)}`);
            expect(await statusOf(device)).toBe("pending");
            if (ending === "commit") await device.reboot();
            expect(await statusOf(device)).toBe(ending === "commit" ? "trying" : "pending");
            expect(await succeeded(hostctl(device, "system", ending))).toBe("OK\n");
            expect(await told()).toContain("upgrade_available=0");
            expect(await told()).toContain(`mender_boot_part=${numberOf(ending === "commit" ? parts.b : parts.a)}`);
            expect(await statusOf(device)).toBe("normal");
          }
        });
      }),
    ...needs,
  );
}

onSystemd(
  "the daemon's unit lets it write where boot loaders have their environment, and not what the system came with",
  () =>
    onDevice({}, async (device) => {
      await device.shell("mkdir -p /boot/grub /boot/efi /efi; systemctl restart host-service.service");
      const daemon = await device.property("host-service.service", "MainPID");
      const canWrite = async (path: string) => {
        const command = ["nsenter", `--target=${daemon}`, "--mount", "touch", `${path}/probe`];
        return (await device.run(command)).exitCode === 0;
      };
      for (const path of ["/boot", "/boot/grub", "/boot/efi", "/efi", "/etc", "/var/lib/host-service"]) {
        expect([path, await canWrite(path)]).toEqual([path, true]);
      }
      for (const path of ["/usr", "/usr/lib", "/home", "/root"])
        expect([path, await canWrite(path)]).toEqual([path, false]);
    }),
);
