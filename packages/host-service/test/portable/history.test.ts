import { expect, test } from "bun:test";
import { onDevice } from "../kit/device.ts";
import { imageOf } from "../kit/images.ts";

test("portableHistory tells the host what was tried with a service, and a container nothing of a service that is not its own", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    const path = "/v1/portable/minimal/history";
    expect((await device.call("GET", path)).status).toBe(404);
    const headers = { "content-type": "application/json" };
    await device.call("POST", "/v1/portable/minimal/rollback", { headers, body: "{}" });
    const { status, body: answer } = await device.call("GET", path);
    expect([status, answer]).toMatchObject([
      200,
      { history: [{ container: "portable/minimal", action: "rollback", result: "failed", code: "not-found" }] },
    ]);
    expect((await device.call("GET", path, { as: "edge" })).status).toBe(404);
  }));
