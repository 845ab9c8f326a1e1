import { expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { machine } from "node:os";
import { join } from "node:path";
import { ContainerAnswer } from "@host-service/protocol";
import { parse } from "@host-service/schema";
import { configYaml } from "@host-service/fixtures";
import type { Answer, Device } from "../kit/device.ts";
import { onDevice } from "../kit/device.ts";
import { imageOf, tree } from "../kit/images.ts";

function nextBoot({ status, body }: Answer) {
  expect([status, body]).toEqual([200, expect.anything()]);
  const { container, warnings } = parse(ContainerAnswer, body, { subject: "the answer" });
  return { name: container.name, state: container.state, ...container.nextBoot, warnings };
}

const inSlot = (device: Device, path: string, name = "edge") =>
  readFile(join(device.directory, "state/containers", name, "slots/a", path), "utf8");

test("install by sources and by bundle is the same image, and leaves the inbox empty", () =>
  onDevice(async (device) => {
    const yaml = `architecture: ${machine()}\ncreation_date: 1\n`;
    const meta = tree({ "metadata.yaml": yaml });
    const image = imageOf("1.0.0", { meta });
    const byBundle = nextBoot(await device.install(image));
    expect(await inSlot(device, "rootfs/hello")).toBe("world\n");
    expect(await inSlot(device, "meta/metadata.yaml")).toBe(yaml);
    expect(await inSlot(device, "config.yaml")).toBe(image.config);
    const parts = await device.write(image);
    const byPaths = nextBoot(await device.installParts(parts));
    const byText = nextBoot(await device.installParts({ ...parts, config: { inline: image.config } }));
    expect([byPaths.imageId, byText.imageId]).toEqual([byBundle.imageId, byBundle.imageId]);
    expect(byBundle).toMatchObject({ name: "edge", state: "pending", slot: "a", version: "1.0.0", bootable: true });
    expect(byBundle.warnings).toEqual([]);
    expect(byPaths.warnings.length).toBe(1);
    expect(await readdir(join(device.directory, "state/inbox"))).toEqual([]);
  }));

test("install gives config.yaml with a byte order mark the same id by every way", () =>
  onDevice(async (device) => {
    const image = imageOf("1.0.0", { config: `\uFEFF${configYaml({ name: "edge", version: "1.0.0" })}` });
    const parts = await device.write(image);
    const ids = [
      nextBoot(await device.install(image)).imageId,
      nextBoot(await device.installParts(parts)).imageId,
      nextBoot(await device.installParts({ ...parts, config: { inline: image.config } })).imageId,
    ];
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
    expect(await inSlot(device, "config.yaml")).toBe(image.config);
  }));

test("the history of a container that nobody knows is not found, and that of a removed one stays", () =>
  onDevice(async (device) => {
    expect(await device.call("GET", "/v1/containers/edge/history")).toMatchObject({
      status: 404,
      body: { code: "not-found" },
    });
    await device.install(imageOf("1.0.0"));
    await device.call("DELETE", "/v1/containers/edge");
    const { status, body } = await device.call("GET", "/v1/containers/edge/history");
    const { history } = body as { history: { action: string }[] };
    expect([status, history.map(({ action }) => action)]).toEqual([200, ["install", "remove"]]);
  }));

test("install tells a candidate that it drops, and writes the history of the caller", () =>
  onDevice(async (device) => {
    nextBoot(await device.install(imageOf("1.0.0")));
    const { warnings } = nextBoot(await device.install(imageOf("2.0.0"), { as: "edge" }));
    expect(warnings).toEqual([expect.stringContaining("1.0.0")]);
    const { body } = await device.call("GET", "/v1/containers/edge/history");
    const entry = { action: "install", container: "edge", result: "done" };
    expect(body).toMatchObject({
      history: [
        { ...entry, caller: "host", version: "1.0.0" },
        { ...entry, caller: "edge", version: "2.0.0" },
      ],
    });
  }));

test("install for ~ takes the name that the image says, else the only container, else edge", () =>
  onDevice(async (device) => {
    const nameless = imageOf("1.0.0", { config: 'version: "1.0.0"\n' });
    expect(nextBoot(await device.install(nameless)).name).toBe("edge");
    expect(nextBoot(await device.install(imageOf("1.0.0", { name: "second" }))).name).toBe("second");
    expect(nextBoot(await device.install(imageOf("1.0.0", { name: "third" }), { name: "other" })).name).toBe("other");
    expect(nextBoot(await device.install(imageOf("1.0.0", { name: "third" }), { as: "second" })).name).toBe("second");
    expect((await device.call("GET", "/v1/containers")).body).toMatchObject({
      containers: [{ name: "edge" }, { name: "other" }, { name: "second" }],
    });
    expect((await device.call("DELETE", "/v1/containers/edge")).status).toBe(200);
    expect((await device.call("DELETE", "/v1/containers/other")).status).toBe(200);
    expect(nextBoot(await device.install(nameless)).name).toBe("second");
  }));

test("resolveName means the caller's own container, the only one, or asks which", () =>
  onDevice(async (device) => {
    const status = async (name: string, as?: string) => {
      const answer = await device.call("GET", `/v1/containers/${name}`, as === undefined ? {} : { as });
      return [answer.status, answer.body["name"] ?? answer.body["code"]];
    };
    expect(await status("~")).toEqual([404, "not-found"]);
    await device.install(imageOf("1.0.0", { name: "one" }));
    expect(await status("~")).toEqual([200, "one"]);
    await device.install(imageOf("1.0.0", { name: "two" }));
    expect(await status("~")).toEqual([400, "invalid-request"]);
    expect(await status("two")).toEqual([200, "two"]);
    expect(await status("~", "one")).toEqual([200, "one"]);
    expect(await status("one", "one")).toEqual([200, "one"]);
    expect(await status("two", "one")).toEqual([403, "not-allowed"]);
    expect(await status("none", "one")).toEqual([403, "not-allowed"]);
    expect(await status("none")).toEqual([404, "not-found"]);
    expect((await device.call("GET", "/v1/containers", { as: "one" })).body).toMatchObject({
      containers: [{ name: "one" }],
    });
  }));
