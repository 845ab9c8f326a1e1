// How a story of this tier is told: in a virtual machine of its own, over one image that has a first container already.
import { afterAll } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needsEnclosure } from "../../device/kit/enclosure.ts";
import { granting, nspawnPrivate, wishing } from "../../device/kit/flavours.ts";
import { busyboxImage } from "../../device/kit/images.ts";
import { machineTree } from "../../device/kit/trees.ts";
import { limited, limitedMain } from "../../kit/limits.ts";
import { needsRoot, needsTools, testUnless } from "../../kit/requirements.ts";
import type { MachineImage } from "./image.ts";
import { makeMachineImage } from "./image.ts";
import { VirtualMachine } from "./machine.ts";

const tools = "qemu-system-x86_64 qemu-img mke2fs nsenter unshare setpriv mmdebstrap tar zstd".split(" ");
const architecture = process.arch === "x64" ? undefined : "its machine is x86-64";
const reason = architecture ?? needsRoot() ?? needsTools(...tools);
const tree = reason === undefined ? await machineTree() : undefined;
const noTree = "it needs a Debian root file system, which cannot be made";
const missing = reason ?? (tree === undefined ? noTree : await needsEnclosure(tree));

/** The versions whose files are on the machine; the first one runs, the last one is limited. */
const versions = ["1.0.0", "1.1.0", "1.2.0", "2.0.0"] as const;
export type Version = (typeof versions)[number];

let image: Promise<{ directory: string; image: MachineImage }> | undefined;

/** A test that needs a virtual machine. */
export function onMachine(name: string, story: (machine: VirtualMachine) => Promise<void>): void {
  testUnless([missing], name, async () => {
    image ??= makeImage();
    const machine = await VirtualMachine.make((await image).image);
    try {
      await story(machine);
    } catch (error) {
      console.error((await machine.console()).slice(-3000));
      throw error;
    } finally {
      await machine.remove();
    }
  });
}

afterAll(async () => {
  if (image !== undefined) await rm((await image).directory, { recursive: true });
});

function wishesOf(version: Version): Parameters<typeof busyboxImage>[1] {
  if (version !== "2.0.0") return wishing(nspawnPrivate);
  return { ...wishing(nspawnPrivate, limited), files: { main: limitedMain } };
}

async function makeImage(): Promise<{ directory: string; image: MachineImage }> {
  if (tree === undefined) throw new Error(`Cannot make a machine: ${missing}`);
  const directory = await mkdtemp(join(tmpdir(), "hs-machine-"));
  const made = await Promise.all(versions.map((version) => busyboxImage(version, wishesOf(version))));
  const copies = made.flatMap(({ version, config, rootfs }) => [
    [`/srv/${version}.yaml`, config],
    [`/srv/${version}.tar.zst`, rootfs],
  ]);
  return {
    directory,
    image: await makeMachineImage(tree, directory, {
      files: { "/etc/host-service/config.toml": granting(nspawnPrivate) },
      copies: Object.fromEntries(copies),
      finish: "host-service seed /srv/1.0.0.yaml /srv/1.0.0.tar.zst",
    }),
  };
}
