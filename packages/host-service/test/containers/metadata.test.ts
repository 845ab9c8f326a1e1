// What becomes of an image's metadata archive: in the slot, in the answer and in the status.
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { machine } from "node:os";
import { join } from "node:path";
import { configYaml, hostileMetadata, incusMetadata, lxcMetadata, packMetadata } from "@host-service/fixtures";
import type { MetadataFiles } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Device } from "../kit/device.ts";
import { onDevice } from "../kit/device.ts";
import { imageOf, tree } from "../kit/images.ts";

// One test installs for every archive that is refused.
setDefaultTimeout(120_000);

/** As if it had been built for this machine. */
function metaOf(files: MetadataFiles): Uint8Array {
  const fit = Object.entries(files).map(([name, text]) => [name, text?.replaceAll("x86_64", machine())]);
  return Bun.gzipSync(new Uint8Array(packMetadata(Object.fromEntries(fit) as MetadataFiles)));
}

const rootfs = tree({ version: "1.0.0", "etc/hostname": "LXC_NAME\n", "dev/null": "no device", "dev/zero": "" });
const imageWith = (meta?: Uint8Array, version = "1.0.0") => ({ ...imageOf(version), rootfs, ...(meta && { meta }) });
const slot = (device: Device, name: string, of = "a") =>
  join(device.directory, "state/containers/edge/slots", of, name);

async function noteIn(device: Device): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(slot(device, "meta/meta.json"), "utf8")) as Record<string, unknown>;
}

test("L1: install without a metadata archive works from config.yaml alone", () =>
  onDevice(async (device) => {
    const { status, body } = await device.install(imageWith());
    expect([status, body["warnings"]]).toEqual([200, []]);
    expect(await readdir(slot(device, "meta"))).toEqual([]);
    expect(await readFile(slot(device, "rootfs/etc/hostname"), "utf8")).toBe("LXC_NAME\n");
    expect(JSON.stringify(body)).not.toContain("metadata");
  }));

test("L2, L7, L9, L10: a flat archive leaves out, edits, is noted in meta.json and told in the answer", () =>
  onDevice(async (device) => {
    const files = lxcMetadata({
      excludes: "./dev/null\n",
      templates: "/etc/hostname\n/etc/none\n",
      config: "lxc.arch = x86_64\nlxc.cap.keep = sys_admin\nlxc.signal.halt = SIGPWR\n",
      "create-message": "Hello \u001b[31mred\n",
    });
    const { status, body } = await device.install(imageWith(metaOf(files)));
    expect([status, body["warnings"]]).toEqual([
      200,
      [
        "the image says: Hello [31mred",
        "of the metadata is ignored: config-user, config-user.4, config.1, excludes-user, lxc.cap.keep",
        "Skipped template /etc/none: it is not there",
        "what the metadata says of the start is left out: the host's own units run the container",
      ],
    ]);
    expect(await readFile(slot(device, "rootfs/etc/hostname"), "utf8")).toBe("edge\n");
    expect(await readdir(slot(device, "rootfs/dev"))).toEqual(["zero"]);
    const { sha256, members, ...note } = await noteIn(device);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/u);
    expect(members).toHaveLength(9);
    expect(note).toEqual({
      format: 1,
      convention: "lxc",
      used: ["config", "excludes", "templates", "create-message", "expiry", "lxc.arch", "lxc.signal.halt"],
      ignored: ["config-user", "config-user.4", "config.1", "excludes-user", "lxc.cap.keep"],
      excluded: 1,
      templates: { applied: ["/etc/hostname"], skipped: [{ path: "/etc/none", why: "it is not there" }] },
      hints: { haltSignal: "SIGPWR" },
      mounts: [],
      properties: {},
    });
    expect(body).toMatchObject({ container: { nextBoot: { metadata: { convention: "lxc" } } } });
  }));

test("L2: an Incus archive is applied, and its properties are in the status", () =>
  onDevice(async (device) => {
    const { status, body } = await device.install(imageWith(metaOf(incusMetadata())));
    expect([status, body["warnings"]]).toEqual([200, []]);
    expect(await readFile(slot(device, "rootfs/etc/hostname"), "utf8")).toBe("edge\n");
    expect((await device.call("GET", "/v1/containers/edge")).body).toMatchObject({
      nextBoot: { metadata: { convention: "incus", properties: { os: "Debian", release: "12" } } },
    });
  }));

test("L8: an fstab bind of the host is taken where config.yaml has the same mount", () =>
  onDevice(async (device) => {
    const meta = metaOf(lxcMetadata({ fstab: "/srv/data data none bind 0 0\n" }));
    const refused = await device.install(imageWith(meta));
    expect([refused.status, refused.body["detail"]]).toEqual([
      422,
      'Cannot read meta.tar.xz: fstab mounts "/srv/data" of the host at "/data"; what a container gets of the host is said in config.yaml, as a device of type disk',
    ]);
    const config = `${configYaml({ name: "edge", version: "1.0.0" })}devices:\n  data: { type: disk, source: /srv/data, path: /data }\n`;
    expect((await device.install({ ...imageWith(meta), config })).status).toBe(200);
  }));

test("L20: after a rollback the metadata shown is that of the old slot", () =>
  onDevice(async (device) => {
    const shown = async () => {
      const { body } = await device.call("GET", "/v1/containers/edge");
      return (body as { running: { metadata?: unknown } }).running.metadata;
    };
    await device.install(imageWith(metaOf(lxcMetadata())));
    await device.reboot();
    await device.call("POST", "/v1/containers/edge/commit");
    expect(await shown()).toEqual({ convention: "lxc" });
    await device.install(imageWith(metaOf(incusMetadata()), "1.1.0"));
    await device.reboot();
    expect(await shown()).toMatchObject({ convention: "incus" });
    await device.reboot();
    expect(await shown()).toEqual({ convention: "lxc" });
  }));

const refusals: readonly (readonly [string, MetadataFiles | Uint8Array])[] = [
  ["L2: both conventions", { ...lxcMetadata({ templates: undefined }), ...incusMetadata() }],
  ["L2: neither convention", { x: "y" }],
  ["L3: a unified image", incusMetadata({ "rootfs/": "" })],
  ["L5: no config", lxcMetadata({ config: undefined, "config-user": undefined })],
  ["L6: another machine", lxcMetadata({ config: "lxc.arch = s390x\n" })],
  ["L13: a template outside", lxcMetadata({ templates: "/../../etc/passwd\n" })],
  ["L15: a block tag", incusMetadata({ "templates/hostname.tpl": "{% if true %}" })],
  ["L19: no creation_date", { "metadata.yaml": "architecture: x86_64\n" }],
  [
    "a note too large to be read again",
    lxcMetadata({ config: `lxc.environment = A=${"x".repeat(1024 * 1024 - 100)}\n` }),
  ],
  ["an exclude of everything", lxcMetadata({ excludes: "./*\n" })],
  // The others are with the archive's tests, and go through the whole program in e2e.
  ...hostileMetadata()
    .slice(0, 2)
    .map(({ name, archive }) => [`L17: ${name}`, archive] as const),
];

test("a metadata archive that is refused leaves the old image as it is, and no byte of the new one", () =>
  onDevice(async (device) => {
    await device.install(imageWith());
    await device.reboot();
    await device.call("POST", "/v1/containers/edge/commit");
    await device.call("POST", "/v1/containers/edge/rollback");
    const before = await device.kept();
    for (const [name, files] of refusals) {
      const meta = files instanceof Uint8Array ? Bun.gzipSync(new Uint8Array(files)) : metaOf(files);
      const { status, body } = await device.install(imageWith(meta, "1.1.0"));
      expect([name, status, body["code"]]).toEqual([name, 422, "image-refused"]);
      expect(existsSync(slot(device, "", "b"))).toBe(false);
      expect([name, await device.kept()]).toEqual([name, before]);
    }
  }));
