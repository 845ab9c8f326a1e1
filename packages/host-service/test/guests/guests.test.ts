// The guest sockets of a real daemon: there while the switches say so, and what is set live is kept.
import { expect, test } from "bun:test";
import { lstat, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { machine, tmpdir } from "node:os";
import { join } from "node:path";
import { incusMetadata, packMetadata } from "@host-service/fixtures";
import type { MetadataFiles } from "@host-service/fixtures";
import { onDevice } from "../kit/device.ts";
import type { Device } from "../kit/device.ts";
import { imageOf } from "../kit/images.ts";
import type { Image } from "../kit/images.ts";
import { withPrograms } from "../kit/programs.ts";
import { until } from "../kit/until.ts";
import { runnable } from "../kit/with-units.ts";

const flavours = ["incus", "lxd"] as const;
type Flavour = (typeof flavours)[number];

const socketOf = (device: Device, flavour: Flavour, name = "edge") =>
  join(device.directory, "run", name, flavour, "sock");

async function ask(device: Device, flavour: Flavour, target: string): Promise<string> {
  try {
    const response = await fetch(`http://guest${target}`, { unix: socketOf(device, flavour), keepalive: false });
    return `${response.status} ${await response.text()}`;
  } catch {
    return await lstat(socketOf(device, flavour)).then(
      () => "refused",
      (error: NodeJS.ErrnoException) => String(error.code),
    );
  }
}

const both = (device: Device, target: string) => Promise.all(flavours.map((flavour) => ask(device, flavour, target)));

async function set(device: Device, config: Record<string, string | null>): Promise<number> {
  const headers = { "content-type": "application/json" };
  return (await device.call("PATCH", "/v1/containers/edge/config", { headers, body: JSON.stringify({ config }) }))
    .status;
}

async function boots(device: Device, image: Image): Promise<void> {
  expect((await device.install(image)).body["detail"]).toBeUndefined();
  await device.reboot();
  expect((await device.call("POST", "/v1/containers/edge/commit")).status).toBe(200);
}

const digestOf = (parts: readonly Uint8Array[]) => {
  const hash = new Bun.CryptoHasher("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

/** A container whose first image runs, with these keys. */
async function running(device: Device, config: string, version = "1.0.0"): Promise<void> {
  const image = imageOf(version, { name: "edge" });
  expect((await device.install({ ...image, config: `${image.config}\nconfig:\n${config}` })).status).toBe(200);
  await device.reboot();
  expect((await device.call("POST", "/v1/containers/edge/commit")).status).toBe(200);
}

test("G52: off at the start, on live, off live, by each key", () =>
  onDevice(async (device) => {
    await running(device, '  security.guestapi: "false"\n  user.foo: bar');
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["ENOENT", "ENOENT"]);
    await set(device, { "security.guestapi": "true" });
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["200 bar", "200 bar"]);
    expect((await lstat(socketOf(device, "incus"))).mode & 0o777).toBe(0o666);
    await set(device, { "security.devlxd": "false" });
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["200 bar", "ENOENT"]);
    await set(device, { "security.guestapi": null, "security.devlxd": "true" });
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["ENOENT", "200 bar"]);
    await set(device, { "security.devlxd": null });
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["ENOENT", "ENOENT"]);
  }));

test("G17 G55: a restarted daemon answers at the same place, in the same directory, and starts without a ready state", () =>
  onDevice(async (device) => {
    await running(device, "  user.foo: bar");
    const { ino } = await lstat(join(socketOf(device, "incus"), ".."));
    const ready = await fetch("http://guest/1.0", {
      unix: socketOf(device, "incus"),
      method: "PATCH",
      body: '{"state":"Ready"}',
      keepalive: false,
    });
    expect(ready.status).toBe(200);
    expect((await device.call("GET", "/v1/containers/edge")).body["ready"]).toBe(true);
    expect(device.logged.map(({ message }) => message)).toContain("A container says that it is ready");
    await device.stop();
    expect(await both(device, "/")).toEqual(["refused", "refused"]);
    await device.start();
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["200 bar", "200 bar"]);
    expect((await lstat(join(socketOf(device, "incus"), ".."))).ino).toBe(ino);
    // Nobody knows any more.
    expect((await device.call("GET", "/v1/containers/edge")).body["ready"]).toBeUndefined();
  }));

test("live keys win, are told as events, outlive the daemon and the image, and can be taken back", () =>
  onDevice(async (device) => {
    await running(device, "  user.foo: bar\n  user.other: one");
    const stream = await fetch("http://guest/1.0/events", { unix: socketOf(device, "lxd") });
    expect(await set(device, { "user.foo": "live", "cloud-init.user-data": "secret" })).toBe(200);
    const chunk = await stream.body?.getReader().read();
    const event = JSON.parse(Buffer.from(chunk?.value ?? []).toString("utf8")) as { metadata: object };
    expect(event.metadata).toEqual({ key: "user.foo", old_value: "bar", value: "live" });
    await running(device, "  user.foo: bar2\n  user.other: two", "2.0.0");
    const config = (await device.call("GET", "/v1/containers/edge/config")).body["config"];
    expect(config).toEqual({ "cloud-init.user-data": "secret", "user.foo": "live", "user.other": "two" });
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["200 live", "200 live"]);
    await set(device, { "user.foo": null, "cloud-init.user-data": null });
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["200 bar2", "200 bar2"]);
    expect((await device.call("GET", "/v1/containers/edge/config/user.other")).body).toEqual({ value: "two" });
    expect(JSON.stringify(device.logged)).not.toContain("secret");
    expect(await readFile(join(device.directory, "state/history.ndjson"), "utf8")).not.toContain("secret");
  }));

test("what cannot be set live is refused with the next step, and changes nothing", () =>
  onDevice(async (device) => {
    await running(device, "  user.foo: bar");
    const before = await readFile(join(device.directory, "state/containers/edge/live.json"), "utf8");
    const refused: [object, string, number?][] = [
      [{ config: { "limits.memory": "1GiB" } }, 'Cannot set "limits.memory": the host\'s own units run "edge"', 501],
      [{ config: { "user.": "x" } }, 'Cannot set "user.": it ends with its point'],
      [{ config: { "user.typo": null } }, 'Cannot unset "user.typo": it was not set live', 404],
      [{ config: { "security.privileged": "true" } }, 'Cannot set "security.privileged": the owners'],
      [{ config: { "image.os": "x" } }, 'Cannot set "image.os": it says what the image is'],
      [{ config: { "volatile.uuid": "x" } }, 'Cannot set "volatile.uuid": it is the container\'s own'],
      [{ config: { "security.guestapi": "maybe-secret" } }, 'Cannot set "security.guestapi": the value'],
      [{ config: { "user.a": 5 } }, 'Cannot read the request: "config.user.a" has to be'],
      [{ config: { "user.a": "x\0y" } }, 'Cannot set "user.a": the value of "user.a" has a zero byte'],
    ];
    for (const [body, detail, status = 400] of refused) {
      const headers = { "content-type": "application/json" };
      const answer = await device.call("PATCH", "/v1/containers/edge/config", { headers, body: JSON.stringify(body) });
      expect([answer.status, String(answer.body["detail"])]).toEqual([status, expect.stringContaining(detail)]);
      expect(String(answer.body["detail"])).not.toContain("secret");
    }
    expect(await readFile(join(device.directory, "state/containers/edge/live.json"), "utf8")).toBe(before);
    expect((await device.call("GET", "/v1/containers/edge/config", { as: "edge" })).status).toBe(403);
  }));

test("keys and devices of a runtime are checked as config.yaml's are, against the image and the ceiling, and kept", () =>
  onDevice(async (device) => {
    await withPrograms("lxc-start");
    await boots(device, runnable("1.0.0"));
    const change = async (what: "config" | "devices", body: object) => {
      const headers = { "content-type": "application/json" };
      const call = { headers, body: JSON.stringify({ [what]: body }) };
      const { status, body: answer } = await device.call("PATCH", `/v1/containers/edge/${what}`, call);
      return [status, answer["detail"] ?? answer["warnings"]];
    };
    expect(await change("config", { "limits.memory": "512MiB", "environment.MODE": "fast" })).toEqual([200, []]);
    expect(await change("config", { "security.nesting": "true" })).toEqual([
      403,
      'Cannot set "security.nesting": the live configuration asks for "security.nesting", which this host does not grant to "edge"; its administrator grants it with [containers.edge] nesting = true',
    ]);
    expect(await change("config", { "limits.memory": "12B" })).toEqual([
      422,
      'Cannot set "limits.memory": "limits.memory" in the live configuration has to be a size of at least 1MiB such as "512MiB", or a share of the host\'s memory from "1%" to "100%", got "12B"',
    ]);
    expect(await change("config", { "boot.stop.priority": "1" })).toEqual([
      501,
      expect.stringContaining("leave it out"),
    ]);
    const data = { type: "disk", source: "/srv/data", path: "/data" };
    expect(await change("devices", { data })).toEqual([
      403,
      'Cannot add the device "data": the live configuration asks for "devices.data.source" "/srv/data", which this host does not grant to "edge"; its administrator grants it with [containers.edge] disk_sources = ["/srv/data"]',
    ]);
    expect(await change("devices", { data: { ...data, source: "volume:data" } })).toEqual([200, []]);
    const live = await readFile(join(device.directory, "state/containers/edge/live.json"), "utf8");
    expect(JSON.parse(live)).toMatchObject({
      config: { "limits.memory": "512MiB", "environment.MODE": "fast" },
      devices: { data: { source: "volume:data" } },
    });
    expect(await change("config", { "limits.memory": null, "environment.MODE": null })).toEqual([200, []]);
    expect(await change("devices", { data: null })).toEqual([200, []]);
  }, '[containers.edge]\nruntime = "lxc"\nprivileged = true\n'));

test("devices are checked by the runtime that an image will have, also before the first boot of one", () =>
  onDevice(async (device) => {
    await withPrograms("lxc-start");
    expect((await device.install(runnable("1.0.0"))).status).toBe(200);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ devices: { data: { type: "disk", source: "/srv", path: "/data" } } });
    const answer = await device.call("PATCH", "/v1/containers/edge/devices", { headers, body });
    expect([answer.status, answer.body["detail"]]).toEqual([403, expect.stringContaining('disk_sources = ["/srv"]')]);
  }, '[containers.edge]\nruntime = "lxc"\nprivileged = true\n'));

test("an image is refused that cannot be started with what is set live, with how that is taken back", () =>
  onDevice(async (device) => {
    await withPrograms("lxc-start");
    await boots(device, runnable("1.0.0"));
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ devices: { data: { type: "disk", source: "volume:data", path: "/data" } } });
    expect((await device.call("PATCH", "/v1/containers/edge/devices", { headers, body })).status).toBe(200);
    const other = { other: { type: "disk", source: "volume:other", path: "/data" } };
    const answer = await device.install(runnable("2.0.0", undefined, { devices: other }));
    expect([answer.status, answer.body["detail"]]).toEqual([
      422,
      'Cannot install the image: "devices.data.path" in the live configuration has to be another one than that of "other", got "/data"; set it anew, or take it back with hostctl container device remove data --name edge',
    ]);
  }, '[containers.edge]\nruntime = "lxc"\nprivileged = true\n'));

test("devices are added and removed live, and the guest is told", () =>
  onDevice(async (device) => {
    await running(device, "  user.foo: bar");
    const change = (devices: object) =>
      device.call("PATCH", "/v1/containers/edge/devices", {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ devices }),
      });
    const zero = { type: "unix-char", source: "/dev/zero", path: "/dev/zero2" };
    expect((await change({ zero })).status).toBe(200);
    expect(JSON.parse((await ask(device, "incus", "/1.0/devices")).slice(4))).toEqual({ zero });
    const unknown = await change({ zero: { type: "unixchar" } });
    expect([unknown.status, unknown.body["detail"]]).toEqual([
      400,
      'Cannot add the device "zero": the device "zero" is of unknown type "unixchar"; did you mean "unix-char"?',
    ]);
    expect((await change({ nope: null })).status).toBe(404);
    expect((await change({ zero: null })).status).toBe(200);
    expect(await ask(device, "incus", "/1.0/devices")).toBe("200 {}\n");
  }));

test("G13: the instance-id changes with what cloud-init was told, and with nothing else", () =>
  onDevice(async (device) => {
    await running(device, "  user.foo: bar\n  volatile.cloud-init.instance-id: first");
    const id = async () => /instance-id: (.*)/u.exec(await ask(device, "lxd", "/1.0/meta-data"))?.[1];
    expect(await id()).toBe("first");
    await set(device, { "user.foo": "baz" });
    await device.stop();
    await device.start();
    expect(await id()).toBe("first");
    await set(device, { "cloud-init.user-data": "#cloud-config" });
    const second = await id();
    expect(second).toMatch(/^[0-9a-f-]{36}$/u);
    await device.reboot();
    expect(await id()).toBe(second);
    await set(device, { "cloud-init.user-data": null });
    expect(await id()).not.toBe(second);
  }));

test("a live.json that cannot be read is set aside, and the image's keys count", () =>
  onDevice(async (device) => {
    await running(device, "  user.foo: bar");
    await device.stop();
    const directory = join(device.directory, "state/containers/edge");
    await writeFile(join(directory, "live.json"), '{"format":1,"config":{"user.foo":5,"user.secret":');
    await device.start();
    expect(await both(device, "/1.0/config/user.foo")).toEqual(["200 bar", "200 bar"]);
    expect(await readdir(directory)).toContain("live.json.unreadable");
    expect(JSON.stringify(device.logged)).not.toContain("user.secret");
  }));

test("a container that is removed takes its sockets with it, and each container has its own", () =>
  onDevice(async (device) => {
    for (const name of ["edge", "lamp"])
      expect((await device.install(imageOf("1.0.0", { name }), { name })).status).toBe(200);
    await device.reboot();
    const nameOf = async (name: string) => {
      const unix = socketOf(device, "incus", name);
      return /local-hostname: (.*)/u.exec(
        await (await fetch("http://guest/1.0/meta-data", { unix, keepalive: false })).text(),
      )?.[1];
    };
    expect([await nameOf("edge"), await nameOf("lamp")]).toEqual(["edge", "lamp"]);
    await device.call("DELETE", "/v1/containers/edge");
    expect((await readdir(join(device.directory, "run"))).filter((name) => !name.startsWith("."))).toEqual(["lamp"]);
    expect(await nameOf("lamp")).toBe("lamp");
  }));

test("G45: a container exports its own image where the host keeps archives, and no other one's", () =>
  onDevice(async (device) => {
    // As if it had been built for this machine.
    const fit = Object.entries(incusMetadata()).map(([name, text]) => [name, text?.replaceAll("x86_64", machine())]);
    const meta = Bun.gzipSync(new Uint8Array(packMetadata(Object.fromEntries(fit) as MetadataFiles)));
    const config = 'name: edge\nversion: "1.0.0"\nconfig:\n  security.guestapi.images: "true"\n';
    const image = imageOf("1.0.0", { config, meta });
    const target = `/1.0/images/${digestOf([meta, image.rootfs])}/export`;
    expect((await device.install(image)).body).toMatchObject({ warnings: [] });
    const bare = { ...imageOf("1.0.0", { config: config.replace("edge", "lamp") }), rootfs: image.rootfs };
    expect((await device.install(bare, { name: "lamp" })).body["warnings"]).toEqual([
      "its container cannot export this image: it came without the metadata archive that makes it one of Incus and LXD",
    ]);
    await device.reboot();
    const given = await fetch(`http://guest${target}`, { unix: socketOf(device, "incus"), keepalive: false });
    const form = await given.formData();
    const parts = ["metadata", "rootfs"].map((name) => form.get(name)).filter((part) => part instanceof File);
    expect(parts.map((part) => part.name)).toEqual([
      expect.stringMatching(/^meta-[0-9a-f]{64}\.tar\.gz$/u),
      expect.stringMatching(/^[0-9a-f]{64}\.tar\.gz$/u),
    ]);
    expect(digestOf(await Promise.all(parts.map((part) => part.bytes())))).toBe(target.split("/")[3] ?? "");
    const other = await fetch(`http://guest${target}`, { unix: socketOf(device, "incus", "lamp"), keepalive: false });
    expect(other.status).toBe(404);
    // They go with their slot.
    await device.call("DELETE", "/v1/containers/edge");
    expect(await readdir(join(device.directory, "state/containers"))).not.toContain("edge");
  }, "[guest_api]\nkeep_images = true\n"));

test("an image of the configuration is given out to who may have it, by its digest", async () => {
  const directory = await mkdtemp(join(tmpdir(), "hs-"));
  const file = join(directory, "base.tar.xz");
  await writeFile(file, "an image");
  const digest = new Bun.CryptoHasher("sha256").update("an image").digest("hex");
  const offered = `[guest_api.images.base]\npath = ${JSON.stringify(file)}\n`;
  await onDevice(async (device) => {
    await running(device, '  security.guestapi.images: "true"');
    const target = `/1.0/images/${digest}/export`;
    await until("the image is known", async () => (await ask(device, "incus", target)).startsWith("200"));
    expect(await ask(device, "lxd", `/1.0/images/${digest.slice(0, 12)}/export`)).toBe("200 an image");
  }, offered);
  await rm(directory, { recursive: true });
});
