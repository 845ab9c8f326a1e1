// A container that the host's own units run has no runtime of ours, and a guest API all the same.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { configYaml } from "@host-service/fixtures";
import { onDevice } from "../../kit/device.ts";
import type { Device } from "../../kit/device.ts";
import { imageOf } from "../../kit/images.ts";
import { until } from "../../kit/until.ts";
import { historyOf, post, statusOf } from "../../kit/with-units.ts";

const image = (version: string) =>
  imageOf(version, { config: configYaml({ name: "edge", version, trial: { commit: "ready" } }) });

async function sayReady(device: Device): Promise<number> {
  const unix = join(device.directory, "run/edge/incus/sock");
  const request = { method: "PATCH", body: '{"state":"Ready"}', keepalive: false };
  return (await fetch("http://guest/1.0", { unix, ...request })).status;
}

test("trial.commit ready, runtime none: the guest's word commits, and without it the next boot goes back", () =>
  onDevice(async (device) => {
    expect((await device.install(image("1.0.0"))).status).toBe(200);
    await device.reboot();
    await until("its trial is watched", async () => (await statusOf(device))["trial"] !== undefined);
    expect((await statusOf(device))["trial"]).toEqual({ commit: "ready" });
    expect(await sayReady(device)).toBe(200);
    await until("it is committed", async () => (await statusOf(device))["state"] === "normal");
    await until("the history has it", async () => (await historyOf(device)).at(-1)?.startsWith("commit") === true);
    expect((await historyOf(device)).at(-1)).toBe("commit done 1.0.0 the container said that it is ready");
    // Another image begins anew, and one that never says it is rolled back.
    await device.install(image("2.0.0"));
    expect((await post(device, "try")).status).toBe(501);
    await device.reboot();
    expect(await statusOf(device)).toMatchObject({ state: "trying", running: { version: "2.0.0" } });
    await device.reboot();
    expect(await statusOf(device)).toMatchObject({ state: "normal", running: { version: "1.0.0" } });
  }));
