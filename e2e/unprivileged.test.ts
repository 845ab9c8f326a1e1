// The tree of an unprivileged container: what GNU tar makes of the archive, with every id shifted into the container's own range.
import { expect } from "bun:test";
import { mkdtempSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setXattr } from "@host-service/disk";
import {
  buildSmallRootfs,
  lxcMetadata,
  packMetadata,
  treeDigest,
  unshiftTree,
  writeConfigYaml,
} from "@host-service/fixtures";
import type { Device } from "./kit/device.ts";
import { workshop } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { needsRoot, needsTools, testUnless } from "./kit/requirements.ts";
import { addRichEntries } from "./kit/rich-tree.ts";
import { must } from "./kit/run.ts";
import { differences, treeOf, unpackedByTar } from "./kit/same-tree.ts";
import { worked } from "./kit/steps.ts";

const reasons = [needsRoot(), needsTools("tar", "mkfifo", "mknod", "xz", "systemd-nspawn")];
const first = { base: 0x8_0000, count: 65_536 };

/** user::rw-, user:1000:r--, group::r--, mask::r--, other::--- as linux/posix_acl_xattr.h has it. */
const acl = new Uint8Array(
  Buffer.from("0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000000ffffffff", "hex"),
);

async function packed(change: (tree: string) => unknown = () => undefined): Promise<string> {
  const tree = mkdtempSync(join(workshop, "unprivileged-"));
  await buildSmallRootfs(tree, { version: "1.0.0" });
  await addRichEntries(tree);
  setXattr(join(tree, "etc/hostname"), "system.posix_acl_access", acl);
  await change(tree);
  const keep = ["--format=posix", "--xattrs", "--xattrs-include=*", "--numeric-owner"];
  await must(["tar", ...keep, "--xz", "-cf", `${tree}.tar.xz`, "-C", tree, "."]);
  return `${tree}.tar.xz`;
}

async function install(device: Device, archive: string, { name = "edge", meta = [] as string[] } = {}) {
  const path = join(device.directory, `${name}.yaml`);
  await writeConfigYaml(path, { name, version: "1.0.0", runtime: "nspawn" });
  return await device.hostctl("container", "install", path, archive, ...meta);
}

async function json(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
}

testUnless(
  reasons,
  "the slot of an unprivileged container is what GNU tar makes of the archive, with all ids shifted",
  () =>
    onDevice(async (device) => {
      const archive = await packed();
      const { stdout, stderr } = worked(await install(device, archive));
      expect(stdout).toBe("OK\n");
      expect(stderr).toContain("warning: 2 device nodes were left out, such as of ");
      const expected = new Map(await unpackedByTar(archive, join(device.directory, "by-tar")));
      for (const name of ["rich/character", "rich/block"]) expect(expected.delete(name)).toBe(true);
      const slot = await json(join(device.slot("a"), "slot.json"));
      const ids = slot["ids"] as typeof first;
      expect(await json(join(device.containerDirectory(), "ids.json"))).toEqual({ format: 1, ...ids });
      expect([ids.base % 65_536, ids.base >= first.base, ids.count]).toEqual([0, true, first.count]);
      const found = treeOf(join(device.slot("a"), "rootfs"));
      const unshifted = unshiftTree(found, ids);
      expect(differences(expected, unshifted)).toEqual([]);
      expect(treeDigest(unshifted)).toBe(treeDigest(expected));
      // Nothing setuid is anybody's of the host, nor can a capability count there.
      expect(found.get("rich/setuid")?.owner).toBe(`${ids.base + 12_345}:${ids.base + 54_321}`);
      expect(found.get("rich/capable")?.xattrs["security.capability"]).toMatch(/^01000003[0-9a-f]{40}$/u);
    }),
);

testUnless(reasons, "each container has ids of its own for all of its images, and they go with it", () =>
  onDevice(async (device) => {
    const archive = await packed();
    const idsOf = async (name: string) => (await json(join(device.containerDirectory(name), "ids.json")))["base"];
    worked(await install(device, archive));
    worked(await install(device, archive, { name: "other" }));
    const [edge, other] = [await idsOf("edge"), await idsOf("other")];
    expect(other).not.toBe(edge);
    worked(await install(device, archive));
    expect(await idsOf("edge")).toBe(edge);
    worked(await device.hostctl("container", "remove", "--name", "edge", "--yes"));
    worked(await install(device, archive, { name: "third" }));
    expect(await idsOf("third")).toBe(edge);
  }),
);

testUnless(reasons, "an owner that the container cannot have is refused by the entry's name, with nothing left", () =>
  onDevice(async (device) => {
    const archive = await packed((tree) => must(["chown", "70000", join(tree, "etc/hostname")]));
    const { exitCode, stdout } = await install(device, archive);
    expect([exitCode, stdout]).toEqual([
      5,
      'Cannot unpack "./etc/hostname": its owner 70000 is none of the container\'s ids, 0 to 65535; pack it with owners of the container\n',
    ]);
    expect(await device.hostctl("container", "list")).toMatchObject({ exitCode: 0 });
    expect(await readdir(join(device.paths.stateDirectory, "containers"))).toEqual([".ids.lock"]);
  }),
);

testUnless(
  reasons,
  "L4, L9, L10: metadata is read as for an unprivileged container, and what it makes is the container's",
  () =>
    onDevice(async (device) => {
      const archive = await packed(async (tree) => {
        await writeFile(join(tree, "etc/hostname"), "LXC_NAME\n");
        await must(["chown", "7:8", join(tree, "etc/hostname")]);
      });
      const meta = join(workshop, "unprivileged-meta.tar");
      const config = { "config-user": "lxc.signal.halt = SIGPWR\n", config: "lxc.signal.halt = SIGTERM\n" };
      const files = lxcMetadata({ ...config, "excludes-user": "./rich\n", templates: "/etc/hostname\n" });
      await writeFile(meta, packMetadata(files));
      const { stderr } = worked(await install(device, archive, { meta: [meta] }));
      // What was left out needs no word about device nodes.
      expect(stderr).not.toContain("device nodes");
      const { ids } = (await json(join(device.slot("a"), "slot.json"))) as { ids: typeof first };
      const tree = unshiftTree(treeOf(join(device.slot("a"), "rootfs")), ids);
      expect([...tree.keys()].filter((name) => name.startsWith("rich"))).toEqual([]);
      const { owner, bytes, xattrs } = tree.get("etc/hostname")!;
      expect({ owner, bytes, acl: xattrs["system.posix_acl_access"] }).toEqual({
        owner: "7:8",
        bytes: "5",
        acl: Buffer.from(acl).toString("hex"),
      });
      expect(await json(join(device.slot("a"), "meta/meta.json"))).toMatchObject({ hints: { haltSignal: "SIGPWR" } });
    }),
);
