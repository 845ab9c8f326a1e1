// The unpacked tree is what GNU tar makes of the same archive, to the last attribute.
import { expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { buildSmallRootfs, writeConfigYaml } from "@host-service/fixtures";
import type { Device } from "./kit/device.ts";
import { smallImage, workshop } from "./kit/images.ts";
import { onDevice, onNewDevice } from "./kit/on-device.ts";
import { needsRoot, needsTools, testUnless } from "./kit/requirements.ts";
import { addRichEntries } from "./kit/rich-tree.ts";
import { must } from "./kit/run.ts";
import { differences, treeOf, unpackedByTar } from "./kit/same-tree.ts";
import { worked } from "./kit/steps.ts";

const tools = needsTools("tar", "mkfifo", "mknod", "xz", "zstd", "gzip");

let rich: Promise<string> | undefined;

/** The small root file system with everything in it that is hard to keep. */
function richTree(): Promise<string> {
  rich ??= (async () => {
    const tree = join(workshop, "rich");
    await buildSmallRootfs(tree, { version: "1.0.0" });
    await addRichEntries(tree);
    return tree;
  })();
  return rich;
}

const packings: Record<string, string[]> = {
  "pax.tar": ["--format=posix"],
  "pax-sparse.tar.xz": ["--format=posix", "--sparse", "--xz"],
  "gnu.tar.zst": ["--format=gnu", "--zstd"],
  "gnu-sparse.tar.gz": ["--format=gnu", "--sparse", "--gzip"],
};

async function installed(device: Device, archive: string): Promise<void> {
  const config = join(device.directory, "config.yaml");
  await writeConfigYaml(config, { name: "edge", version: "1.0.0" });
  worked(await device.hostctl("container", "install", config, archive));
}

for (const [name, options] of Object.entries(packings)) {
  testUnless([needsRoot(), tools], `the slot of ${name} holds what GNU tar makes of it`, () =>
    onDevice(async (device) => {
      const archive = join(workshop, name);
      const xattrs = name.startsWith("pax") ? ["--xattrs", "--xattrs-include=*"] : [];
      await must(["tar", ...options, ...xattrs, "--numeric-owner", "-cf", archive, "-C", await richTree(), "."]);
      await installed(device, archive);
      const expected = await unpackedByTar(archive, join(device.directory, "by-tar"));
      expect(expected.size).toBeGreaterThan(40);
      expect(differences(expected, treeOf(join(device.slot("a"), "rootfs")))).toEqual([]);
    }),
  );
}

testUnless([needsRoot(), tools], "differences sees a changed byte, time, mode, owner and name", () =>
  onDevice(async (device) => {
    const { tree } = await smallImage("1.0.0");
    const changes: ((root: string) => unknown)[] = [
      (root) => appendFileSync(join(root, "etc/hostname"), "x"),
      (root) => must(["touch", "-d", "@1", join(root, "etc/hostname")]),
      (root) => must(["chmod", "g+w", join(root, "etc/hostname")]),
      (root) => must(["chown", "7", join(root, "etc/hostname")]),
      (root) => must(["mv", join(root, "etc/hostname"), join(root, "etc/hostnames")]),
      (root) => must(["ln", join(root, "etc/hostname"), join(root, "etc/again")]),
    ];
    for (const [index, change] of changes.entries()) {
      const copy = join(device.directory, `copy-${index}`);
      await must(["cp", "-a", tree, copy]);
      expect(differences(treeOf(tree), treeOf(copy))).toEqual([]);
      await change(copy);
      expect(differences(treeOf(tree), treeOf(copy))).not.toEqual([]);
    }
  }),
);

testUnless(
  [needsRoot(), needsTools("tar", "unshare", "mount", "xz")],
  "without xz the built-in decoder makes the same tree",
  () =>
    onNewDevice(async (device) => {
      const image = await smallImage("1.0.0", { format: "tar.xz" });
      await device.boot();
      // In a mount namespace of its own the daemon finds something else under the name of xz.
      const hide =
        'for xz in /usr/bin/xz /bin/xz /usr/local/bin/xz; do [ ! -e "$xz" ] || mount --bind /dev/null "$xz"; done';
      await device.startDaemon({ wrapper: ["unshare", "--mount", "sh", "-c", `${hide}; exec "$@"`, "sh"] });
      await must(["nsenter", "--mount", `--target=${device.daemonPid}`, "sh", "-c", "! command -v xz"]);
      worked(await device.hostctl("container", "install", image.config, image.rootfs));
      const expected = await unpackedByTar(image.rootfs, join(device.directory, "by-tar"));
      expect(differences(expected, treeOf(join(device.slot("a"), "rootfs")))).toEqual([]);
    }),
);

test("a small image keeps names, types, modes, times, links and contents, with root and without", () =>
  onDevice(async (device) => {
    for (const format of ["tar", "tar.gz"] as const) {
      const image = await smallImage("1.0.0", { format });
      worked(await device.hostctl("container", "install", image.config, image.rootfs));
      const reference = join(device.directory, `by-tar-${format}`);
      expect(
        differences(await unpackedByTar(image.rootfs, reference), treeOf(join(device.slot("a"), "rootfs"))),
      ).toEqual([]);
    }
  }));
