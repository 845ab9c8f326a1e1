// Resumable uploads against the daemon as it is installed: what a cut, a kill and a limit leave.
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { request } from "./kit/api.ts";
import type { Device } from "./kit/device.ts";
import { beginUpload } from "./kit/half-upload.ts";
import { smallImage } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { runImage } from "./kit/steps.ts";
import { until } from "./kit/until.ts";

setDefaultTimeout(120_000);

const mebibyte = 1024 * 1024;

function sha256(contents: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(contents).digest("hex");
}

async function begin(device: Device, headers: Record<string, string> = {}, socket = device.socket): Promise<Response> {
  return await request(socket, "/v1/uploads", { method: "POST", headers: { "upload-complete": "?0", ...headers } });
}

async function idOf(response: Response): Promise<string> {
  return ((await response.json()) as { id: string }).id;
}

async function send(
  device: Device,
  id: string,
  piece: { body: Uint8Array<ArrayBuffer>; offset: number; last?: boolean },
): Promise<Response> {
  return await request(device.socket, `/v1/uploads/${id}`, {
    method: "PATCH",
    body: piece.body,
    headers: {
      "content-type": "application/partial-upload",
      "upload-offset": String(piece.offset),
      "upload-complete": piece.last === true ? "?1" : "?0",
    },
  });
}

/** What HEAD says, as a client that goes on would see it. */
async function offsetOf(device: Device, id: string, socket = device.socket): Promise<number> {
  const answer = await request(socket, `/v1/uploads/${id}`, { method: "HEAD" });
  return answer.status === 204 ? Number(answer.headers.get("upload-offset")) : -answer.status;
}

test("an upload that is cut, and whose daemon is killed, goes on where it is durable", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    const image = await smallImage("2.0.0");
    const contents = new Uint8Array(await readFile(image.rootfs));
    const third = Math.floor(contents.byteLength / 3);
    const id = await idOf(await begin(device, { "upload-length": String(contents.byteLength) }));
    expect((await send(device, id, { body: contents.slice(0, third), offset: 0 })).status).toBe(200);
    const cut = await beginUpload(device.socket, {
      method: "PATCH",
      to: `/v1/uploads/${id}`,
      bytes: contents.byteLength - third,
      first: contents.slice(third, 2 * third),
      headers: {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": String(third),
        "Upload-Complete": "?1",
      },
    });
    const path = join(device.paths.stateDirectory, "inbox", `${id}.upload`);
    await until("it has arrived", () => Bun.file(path).size === 2 * third);
    await device.killDaemon();
    cut.leave();
    await device.startDaemon();
    const offset = await offsetOf(device, id);
    expect(offset).toBeGreaterThanOrEqual(third);
    expect(offset).toBeLessThanOrEqual(2 * third);
    const rest = await send(device, id, { body: contents.slice(offset), offset, last: true });
    expect(await rest.json()).toMatchObject({ offset: contents.byteLength, sha256: sha256(contents) });
    const config = { inline: await readFile(image.config, "utf8") };
    const installed = await request(device.socket, "/v1/containers/~/install", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ config, rootfs: { upload: id } }),
    });
    expect(installed.status).toBe(200);
    expect(await device.state()).toBe("pending");
    expect(await device.inbox()).toEqual([]);
  }));

test("another listener's upload is unknown", () =>
  onDevice(async (device) => {
    await runImage(device, await smallImage("1.0.0"));
    const id = await idOf(await begin(device));
    expect(await offsetOf(device, id)).toBe(0);
    expect(await offsetOf(device, id, device.socketOf("edge"))).toBe(-404);
    const own = await idOf(await begin(device, {}, device.socketOf("edge")));
    expect(await offsetOf(device, own)).toBe(-404);
    expect((await request(device.socketOf("edge"), `/v1/uploads/${own}`, { method: "DELETE" })).status).toBe(204);
    expect(await offsetOf(device, own, device.socketOf("edge"))).toBe(-404);
  }));

test("an upload that is too old goes, while the daemon runs and when it starts", () =>
  onDevice(
    async (device) => {
      await send(device, await idOf(await begin(device)), { body: new Uint8Array(1000), offset: 0 });
      await until("it is swept", async () => (await device.inbox()).length === 0);
      await begin(device);
      await device.killDaemon();
      expect((await device.inbox()).length).toBe(2);
      await until("it is too old", async () => {
        await device.startDaemon();
        const left = (await device.inbox()).length;
        await device.killDaemon();
        return left === 0;
      });
    },
    { limits: { upload_age_max: "1s" } },
  ));

test("too many and too large are refused, and the next that fits is taken", () =>
  onDevice(
    async (device) => {
      const id = await idOf(await begin(device));
      const refused = await begin(device);
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([409, "busy"]);
      await request(device.socket, `/v1/uploads/${id}`, { method: "DELETE" });
      const large = await begin(device, { "upload-length": String(mebibyte + 1) });
      expect([large.status, large.headers.get("upload-limit")]).toEqual([413, `max-size=${mebibyte}`]);
      expect((await begin(device, { "upload-length": String(mebibyte) })).status).toBe(201);
    },
    { limits: { uploads_max: 1, image_bytes_max: mebibyte } },
  ));
