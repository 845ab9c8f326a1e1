// Clients that mean no good beside one that does.
import { expect, test } from "bun:test";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { json } from "./kit/api.ts";
import type { HalfUpload } from "./kit/half-upload.ts";
import { beginUpload } from "./kit/half-upload.ts";
import { pingUntil } from "./kit/good-client.ts";
import { smallImage } from "./kit/images.ts";
import { onDevice } from "./kit/on-device.ts";
import { install } from "./kit/steps.ts";
import { until } from "./kit/until.ts";

const idleCount = 1000;
const uploadCount = 200;
const waitMaxMs = 50;

function connected(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ path });
  socket.once("connect", () => resolve(socket));
  socket.on("error", reject);
  return promise;
}

test("a good client is served beside 1000 idle connections and 200 half uploads, which end by the stall timer", () =>
  onDevice(
    async (device) => {
      const idle: Socket[] = [];
      const uploads: HalfUpload[] = [];
      try {
        for (let count = 0; count < idleCount; count++) idle.push(await connected(device.socket));
        const first = new Uint8Array(1000);
        for (let count = 0; count < uploadCount; count++) {
          uploads.push(await beginUpload(device.socket, { to: `/v1/containers/c${count}/install`, bytes: 1e8, first }));
        }
        const allEnd = until("every half upload is answered", () => uploads.every((upload) => upload.answer() !== ""));
        const waits = await pingUntil(device.socket, allEnd);
        console.error(
          `beside ${idleCount} idle connections and ${uploadCount} half uploads: ping ${JSON.stringify(waits)}`,
        );
        expect(waits.p99Ms).toBeLessThan(waitMaxMs);
        const words = uploads.map((upload) => upload.answer().slice(0, "HTTP/1.1 408".length));
        // Some stalled, and those for which there was no room were told so at once.
        expect(new Set(words)).toEqual(new Set(["HTTP/1.1 408", "HTTP/1.1 409"]));
        expect(idle.every((socket) => !socket.destroyed)).toBe(true);
        expect(await device.inbox()).toEqual([]);
        expect(await json(device.socket, "/v1/containers")).toMatchObject({ body: { containers: [] } });
        await install(device, await smallImage("1.0.0"));
        expect(await device.state()).toBe("pending");
      } finally {
        for (const socket of idle) socket.destroy();
        for (const upload of uploads) upload.leave();
      }
      expect(await device.hostctl("ping")).toMatchObject({ stdout: "OK\n" });
    },
    { limits: { stall_timeout: "2s" } },
  ));

test("a body that stops is ended by the stall timer and leaves nothing", () =>
  onDevice(
    async (device) => {
      await install(device, await smallImage("1.0.0"));
      const before = await device.record();
      const to = "/v1/containers/~/install";
      const upload = await beginUpload(device.socketOf("edge"), { to, bytes: 1e8, first: new Uint8Array(1e6) });
      await until("the upload is answered", () => upload.answer().includes('"code":"stalled"'));
      expect(upload.answer()).toStartWith("HTTP/1.1 408");
      upload.leave();
      expect(await device.inbox()).toEqual([]);
      expect(await device.record()).toEqual(before);
    },
    { limits: { stall_timeout: "500ms" } },
  ));
