import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordPortableOutcomes } from "../../source/containers/boot-outcomes.ts";
import { History } from "../../source/history.ts";
import { Device, onDevice } from "../kit/device.ts";
import { imageOf } from "../kit/images.ts";

async function boots(device: Device): Promise<unknown> {
  const { body } = await device.call("GET", "/v1/containers/edge/history");
  const { history } = body as { history: Record<string, unknown>[] };
  return history.filter(({ action }) => action === "boot");
}

test("recordBootOutcomes writes what the hook decided, once", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    await device.reboot();
    expect(await boots(device)).toEqual([]);
    await device.reboot();
    const entry = {
      operation: "boot-3",
      at: expect.any(String),
      container: "edge",
      action: "boot",
      caller: "boot",
      result: "done",
      code: "rolled-back",
      why: expect.stringContaining("without commit"),
      imageId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      version: "1.0.0",
    };
    expect(await boots(device)).toEqual([entry]);
    await device.stop();
    await device.start();
    expect(await boots(device)).toEqual([entry]);
  }));

test("recordBootOutcomes says that a candidate could not be booted", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    await rm(join(device.directory, "state/containers/edge/slots/a/slot.json"));
    await device.reboot();
    expect(await boots(device)).toMatchObject([{ result: "failed", code: "failed", operation: "boot-2" }]);
  }));

for (const [what, text] of [
  ["makes no sense", "{"],
  ["is of a later format", '{"format": 2}'],
] as const) {
  test(`startDaemon comes up beside a record that ${what}`, async () => {
    const device = await Device.make();
    try {
      await device.start();
      await device.install(imageOf("1.0.0", { name: "edge" }));
      await device.install(imageOf("1.0.0", { name: "other" }));
      await device.stop();
      await writeFile(join(device.directory, "state/containers/edge/record.json"), text);
      await device.start();
      expect((await device.call("GET", "/v1/containers")).body).toMatchObject({
        containers: [
          { name: "edge", resolved: false },
          { name: "other", resolved: true },
        ],
      });
      const answer = await device.install(imageOf("2.0.0"), { name: "edge" });
      expect([answer.status, answer.body["code"]]).toEqual([500, "record-unusable"]);
      expect((await device.install(imageOf("2.0.0"), { name: "other" })).status).toBe(200);
    } finally {
      await device.remove();
    }
  });
}

test("begin changes nothing that the hook has not resolved in this boot", async () => {
  const device = await Device.make();
  try {
    await device.start();
    await device.install(imageOf("1.0.0"));
    await device.stop();
    await device.start({ bootId: "another" });
    const before = await device.kept();
    for (const [method, path] of [
      ["POST", "/commit"],
      ["POST", "/rollback"],
      ["DELETE", ""],
    ] as const) {
      const answer = await device.call(method, `/v1/containers/edge${path}`);
      expect([path, answer.status, answer.body["code"]]).toEqual([path, 409, "unresolved"]);
    }
    expect((await device.install(imageOf("2.0.0"))).body).toMatchObject({ code: "unresolved" });
    expect(await device.kept()).toEqual(before);
  } finally {
    await device.remove();
  }
});

test("recordPortableOutcomes writes what a boot decided, once, and not what an attach that failed has told itself", async () => {
  const directory = await mkdtemp(join(tmpdir(), "hs-outcomes-"));
  try {
    const history = new History({ stateDirectory: directory, bytesMax: 100_000 });
    const outcome = (at: string, result: "failed" | "rolled-back" | "committed") => ({
      at,
      result,
      why: "so",
      version: "1.1",
    });
    const attached = {
      operation: "x",
      container: "portable/two",
      action: "attach",
      caller: "host",
      result: "failed",
    } as const;
    await history.append({ ...attached, at: "2026-01-02T00:00:01Z" });
    const services = [
      { name: "one", outcome: outcome("2026-01-01T00:00:00Z", "rolled-back") },
      { name: "two", outcome: outcome("2026-01-02T00:00:00Z", "failed") },
      { name: "three", outcome: outcome("2026-01-03T00:00:00Z", "committed") },
      { name: "four" },
    ];
    for (let times = 0; times < 2; times += 1) await recordPortableOutcomes(services, { history, bootId: "boot-2" });
    const told = await Promise.all(services.map(({ name }) => history.of(`portable/${name}`)));
    expect(told.map((entries) => entries.map(({ action, result, code }) => [action, result, code]))).toEqual([
      [["boot", "done", "rolled-back"]],
      [["attach", "failed", undefined]],
      [],
      [],
    ]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
