// Metadata archives of both conventions, given to the program as a person gives them.
import { expect } from "bun:test";
import { existsSync, lstatSync, mkdtempSync } from "node:fs";
import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { machine } from "node:os";
import { join } from "node:path";
import type { MetadataFiles } from "@host-service/fixtures";
import {
  buildSmallRootfs,
  end,
  entry,
  hostileMetadata,
  incusMetadata,
  joined,
  lxcMetadata,
  packMetadata,
  packRootfs,
  writeConfigYaml,
} from "@host-service/fixtures";
import type { Device } from "./kit/device.ts";
import { workshop } from "./kit/images.ts";
import { onDevice, onNewDevice } from "./kit/on-device.ts";
import { needsRoot, needsTools, testUnless } from "./kit/requirements.ts";
import { must } from "./kit/run.ts";
import { worked } from "./kit/steps.ts";

const reasons = [needsTools("tar", "xz")];
let archives = 0;

async function xzOf(tar: Uint8Array): Promise<string> {
  const path = join(workshop, `meta-${(archives += 1)}.tar`);
  await writeFile(path, tar);
  await must(["xz", path]);
  return `${path}.xz`;
}

/** As if it had been built for this machine. */
function metaOf(files: MetadataFiles): Promise<string> {
  const fit = Object.entries(files).map(([name, text]) => [name, text?.replaceAll("x86_64", machine())]);
  return xzOf(packMetadata(Object.fromEntries(fit) as MetadataFiles));
}

/** The small root file system, whose host name is a template's. */
async function rootfsOf(change: (tree: string) => Promise<unknown> = async () => undefined): Promise<string> {
  const tree = mkdtempSync(join(workshop, "template-"));
  await buildSmallRootfs(tree, { version: "1.0.0" });
  await writeFile(join(tree, "etc/hostname"), "LXC_NAME.local\n");
  await writeFile(join(tree, "dev/null"), "stands for a device");
  await change(tree);
  return (await packRootfs(tree, tree, { format: "tar.xz", level: 1 })).path;
}

async function install(device: Device, rootfs: string, ...meta: string[]) {
  const config = join(device.directory, "config.yaml");
  await writeConfigYaml(config, { name: "edge", version: "1.0.0" });
  return await device.hostctl("container", "install", config, rootfs, ...meta);
}

const inRoot = (device: Device, name: string) => join(device.slot("a"), "rootfs", name);

testUnless(
  reasons,
  "L2, L9, L10, L21: a flat archive leaves out, edits, says what it says, and nothing that a terminal obeys",
  () =>
    onDevice(async (device) => {
      const meta = await metaOf(
        lxcMetadata({ excludes: "./dev/null\n", "create-message": "\u001b]0;owned\u0007Hello\u001b[2J\n" }),
      );
      const { stdout, stderr } = worked(await install(device, await rootfsOf(), meta));
      expect(stdout).toBe("OK\n");
      expect(stderr).toContain("warning: the image says: ]0;owned Hello [2J\n");
      expect(stderr).toContain("lxc.include");
      expect(stderr).not.toContain("\u001b");
      expect(await readFile(inRoot(device, "etc/hostname"), "utf8")).toBe("edge.local\n");
      expect(existsSync(inRoot(device, "dev/null"))).toBe(false);
      const { stdout: status } = worked(await device.hostctl("container", "status", "--json"));
      expect(JSON.parse(status)).toMatchObject({ nextBoot: { metadata: { convention: "lxc" } } });
      const note: unknown = JSON.parse(await readFile(join(device.slot("a"), "meta/meta.json"), "utf8"));
      expect(note).toMatchObject({ format: 1, convention: "lxc", excluded: 1 });
      expect(lstatSync(join(device.slot("a"), "meta")).mode & 0o7777).toBe(0o700);
    }),
);

testUnless(reasons, "L2, L20: an Incus archive is applied, and a rollback shows the old slot's metadata again", () =>
  onDevice(async (device) => {
    const shown = async () => {
      const status = worked(await device.hostctl("container", "status", "--json")).stdout;
      return (JSON.parse(status) as { running: { metadata: unknown } }).running.metadata;
    };
    const rootfs = await rootfsOf();
    worked(await install(device, rootfs, await metaOf(incusMetadata())));
    expect(await readFile(inRoot(device, "etc/hostname"), "utf8")).toBe("edge\n");
    await device.reboot();
    worked(await device.hostctl("container", "commit"));
    expect(await shown()).toMatchObject({ convention: "incus", properties: { os: "Debian" } });
    worked(await install(device, rootfs, await metaOf(lxcMetadata())));
    await device.reboot();
    expect(await shown()).toEqual({ convention: "lxc" });
    await device.reboot();
    expect(await shown()).toMatchObject({ convention: "incus" });
  }),
);

testUnless([needsRoot(), ...reasons], "L11, L12: a link as a template's target leaves the host as it is", () =>
  onDevice(async (device) => {
    const victim = join(device.directory, "victim");
    await writeFile(victim, "LXC_NAME of the host\n");
    const trapped = await rootfsOf(async (tree) => {
      await rm(join(tree, "etc/hostname"));
      await symlink(victim, join(tree, "etc/hostname"));
      await symlink(device.directory, join(tree, "absolute"));
      await symlink(`../../../../../../../..${device.directory}`, join(tree, "relative"));
    });
    const templates = "/etc/hostname\n/absolute/victim\n/relative/victim\n";
    const { stderr } = worked(await install(device, trapped, await metaOf(lxcMetadata({ templates }))));
    for (const [path, why] of [
      ["/etc/hostname", "it is a link"],
      ["/absolute/victim", "its directory is not there"],
      ["/relative/victim", "its directory is not there"],
    ])
      expect(stderr).toContain(`warning: Skipped template ${path}: ${why}\n`);
    expect(await readFile(victim, "utf8")).toBe("LXC_NAME of the host\n");
  }),
);

testUnless(reasons, "L3, L13, L15, L17, L18, L19: hostile metadata is refused, and the next good install works", () =>
  onDevice(async (device) => {
    const rootfs = await rootfsOf();
    const bomb = Array.from({ length: 40 }, (_, index) => entry({ name: `m${index}` }, new Uint8Array(1024 * 1024)));
    const hostile: [string, Promise<string>, RegExp][] = [
      ["L3", metaOf(incusMetadata({ "rootfs/": "" })), /unified image/u],
      ["L13", metaOf(lxcMetadata({ templates: "/../../etc/passwd\n" })), /has "\.\." in it/u],
      ["L15", metaOf(incusMetadata({ "templates/hostname.tpl": "{% if x %}" })), /tag \{% if x %\} is not supported/u],
      ["L18", xzOf(joined(...bomb, end())), /at most 8388608 are allowed|more than 8388608 bytes/u],
      ["L19", metaOf({ "metadata.yaml": "architecture: x86_64\n" }), /no creation_date/u],
      ...hostileMetadata().map(({ archive, why }): [string, Promise<string>, RegExp] => ["L17", xzOf(archive), why]),
    ];
    for (const [number, meta, why] of hostile) {
      const { exitCode, stdout } = await install(device, rootfs, await meta);
      expect([number, exitCode === 0, stdout]).toEqual([number, false, expect.stringMatching(why)]);
      expect(existsSync(device.containerDirectory())).toBe(false);
    }
    worked(await install(device, rootfs, await metaOf(lxcMetadata())));
  }),
);

testUnless(reasons, "seed reads the metadata archive as an install does", () =>
  onNewDevice(async (device) => {
    const config = join(device.directory, "config.yaml");
    await writeConfigYaml(config, { name: "edge", version: "1.0.0" });
    const { stdout, stderr } = await device.seed(config, await rootfsOf(), await metaOf(lxcMetadata()));
    expect([stdout, stderr.includes("the image says: You just created a Debian container.")]).toEqual(["OK\n", true]);
    expect(await readFile(inRoot(device, "etc/hostname"), "utf8")).toBe("edge.local\n");
  }),
);
