import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { digestField } from "@host-service/protocol";
import type { Answer, CallOptions, Device } from "../kit/device.ts";
import { onDevice } from "../kit/device.ts";
import { imageOf } from "../kit/images.ts";

const partial = "application/partial-upload";

function sha256(contents: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(contents).digest("hex");
}

async function begin(device: Device, options: CallOptions = {}): Promise<Answer> {
  const { headers, ...rest } = options;
  return await device.call("POST", "/v1/uploads", { ...rest, headers: { "upload-complete": "?0", ...headers } });
}

async function append(
  device: Device,
  id: string,
  piece: {
    body?: Uint8Array<ArrayBuffer>;
    offset: number;
    last?: boolean;
    as?: string;
    headers?: Record<string, string>;
  },
): Promise<Answer> {
  return await device.call("PATCH", `/v1/uploads/${id}`, {
    ...(piece.as === undefined ? {} : { as: piece.as }),
    ...(piece.body === undefined ? {} : { body: piece.body }),
    headers: {
      "content-type": partial,
      "upload-offset": String(piece.offset),
      "upload-complete": piece.last === true ? "?1" : "?0",
      ...piece.headers,
    },
  });
}

function fieldsOf({ status, headers }: Answer): Record<string, string | number | null> {
  return {
    status,
    offset: headers.get("upload-offset"),
    complete: headers.get("upload-complete"),
    length: headers.get("upload-length"),
    limit: headers.get("upload-limit")?.replace(/max-age=\d+/, "max-age=N") ?? null,
  };
}

function inboxOf(device: Device): string[] {
  return readdirSync(join(device.directory, "state/inbox"));
}

const limit = "max-size=8589934592, max-age=N";
const bytes = new Uint8Array(1000).fill(7);

test("an upload is begun, continued, asked for and completed with the fields of the draft", () =>
  onDevice(async (device) => {
    const begun = await begin(device, { headers: { "upload-length": "1000" } });
    const id = String(begun.body["id"]);
    expect(fieldsOf(begun)).toEqual({ status: 201, offset: "0", complete: "?0", length: "1000", limit });
    expect(begun.headers.get("location")).toBe(`/v1/uploads/${id}`);
    const first = await append(device, id, { body: bytes.subarray(0, 400), offset: 0 });
    expect(fieldsOf(first)).toEqual({ status: 200, offset: "400", complete: "?0", length: "1000", limit });
    const asked = await device.call("HEAD", `/v1/uploads/${id}`);
    expect(fieldsOf(asked)).toEqual({ status: 204, offset: "400", complete: "?0", length: "1000", limit });
    expect(asked.headers.get("cache-control")).toBe("no-store");
    const last = await append(device, id, { body: bytes.subarray(400), offset: 400, last: true });
    expect(fieldsOf(last)).toEqual({ status: 200, offset: "1000", complete: "?1", length: "1000", limit });
    expect(last.body).toMatchObject({ id, offset: 1000, length: 1000, sha256: sha256(bytes) });
    expect(fieldsOf(await device.call("HEAD", `/v1/uploads/${id}`))).toMatchObject({ status: 204, complete: "?1" });
    expect((await device.call("DELETE", `/v1/uploads/${id}`)).status).toBe(204);
    expect((await device.call("HEAD", `/v1/uploads/${id}`)).status).toBe(404);
    expect(inboxOf(device)).toEqual([]);
  }));

test("OPTIONS says that uploads are resumable, and their limits", () =>
  onDevice(async (device) => {
    const { status, headers } = await device.call("OPTIONS", "/v1/uploads");
    const fields = ["allow", "accept-patch", "upload-limit"].map((name) => headers.get(name));
    expect([status, ...fields]).toEqual([204, "OPTIONS, POST", partial, "max-size=8589934592"]);
  }));

test("an upload may come with its beginning", () =>
  onDevice(async (device) => {
    const whole = await begin(device, { body: bytes, headers: { "upload-complete": "?1" } });
    expect(fieldsOf(whole)).toEqual({ status: 201, offset: "1000", complete: "?1", length: "1000", limit });
    expect(whole.body).toMatchObject({ sha256: sha256(bytes) });
  }));

test("a mismatching offset is told with the right one, as the draft's problem type wants it", () =>
  onDevice(async (device) => {
    const { body } = await begin(device);
    const refused = await append(device, String(body["id"]), { body: bytes, offset: 5 });
    expect(fieldsOf(refused)).toMatchObject({ status: 409, offset: "0" });
    expect(refused.body).toMatchObject({
      type: "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
      code: "upload-offset",
      "expected-offset": 0,
      "provided-offset": 5,
    });
  }));

test("what does not fit is refused with the draft's problem types", () =>
  onDevice(async (device) => {
    const types = "https://iana.org/assignments/http-problem-types#";
    const { body } = await begin(device, { headers: { "upload-length": "1000" } });
    const id = String(body["id"]);
    const longer = await append(device, id, { body: bytes, offset: 0, headers: { "upload-length": "1001" } });
    expect(longer).toMatchObject({ status: 400, body: { type: `${types}inconsistent-upload-length` } });
    await append(device, id, { body: bytes, offset: 0, last: true });
    const empty = await append(device, id, { offset: 1000, last: true });
    expect(empty).toMatchObject({ status: 400, body: { type: `${types}completed-upload` } });
    const more = await append(device, id, { body: bytes, offset: 1000 });
    expect(more).toMatchObject({ status: 400, body: { type: `${types}inconsistent-upload-length` } });
  }));

test("an upload that is too large is refused with the limit", () =>
  onDevice(async (device) => {
    const refused = await begin(device, { headers: { "upload-length": "10001" } });
    expect(refused).toMatchObject({ status: 413, body: { code: "too-large" } });
    expect(refused.headers.get("upload-limit")).toBe("max-size=10000");
  }, "[limits]\nreserve_bytes = 0\nimage_bytes_max = 10000\n"));

test("requests that do not say what they are get invalid-request", () =>
  onDevice(async (device) => {
    const { body } = await begin(device);
    const id = String(body["id"]);
    const answers = [
      await device.call("POST", "/v1/uploads", { body: bytes }),
      await begin(device, { headers: { "upload-complete": "1" } }),
      await begin(device, { headers: { "repr-digest": "sha-256=abc" } }),
      await append(device, id, { body: bytes, offset: 0, headers: { "content-type": "application/x-tar" } }),
      await append(device, id, { body: bytes, offset: 0, headers: { "upload-offset": "-1" } }),
      await append(device, id, { body: bytes, offset: 0, headers: { "upload-complete": "yes" } }),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 400, body: { code: "invalid-request" } });
  }));

test("an install takes uploads, uses them up when it is staged and keeps them when it is refused", () =>
  onDevice(async (device) => {
    const image = imageOf("1.0.0", { name: "edge" });
    const upload = async (rootfs: Uint8Array<ArrayBuffer>) => {
      const digest = digestField(sha256(rootfs));
      const headers = { "upload-length": String(rootfs.byteLength), "repr-digest": digest };
      const { body } = await begin(device, { headers });
      const id = String(body["id"]);
      if (body["offset"] === 0) await append(device, id, { body: rootfs, offset: 0, last: true });
      return { upload: id };
    };
    const config = { inline: image.config };
    const refused = await upload(new TextEncoder().encode("no archive"));
    expect(await device.installParts({ config, rootfs: refused })).toMatchObject({ body: { code: "image-refused" } });
    expect(await upload(new TextEncoder().encode("no archive"))).toEqual(refused);
    await device.call("DELETE", `/v1/uploads/${refused.upload}`);

    const rootfs = await upload(new Uint8Array(image.rootfs));
    expect((await device.installParts({ config, rootfs })).status).toBe(200);
    expect(inboxOf(device)).toEqual([]);
    expect(await device.installParts({ config, rootfs })).toMatchObject({ status: 404, body: { code: "not-found" } });
  }));

test("an install refuses an upload that is not complete, or another's", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0", { name: "edge" }));
    const config = { inline: imageOf("2.0.0", { name: "edge" }).config };
    const half = String((await begin(device, { as: "edge" })).body["id"]);
    const install = (as?: string) =>
      device.installParts(
        { config, rootfs: { upload: half } },
        as === undefined ? { name: "edge" } : { as, name: "~" },
      );
    expect(await install("edge")).toMatchObject({ status: 422, body: { code: "source-refused" } });
    expect(await install()).toMatchObject({ status: 404, body: { code: "not-found" } });
    expect((await device.call("HEAD", `/v1/uploads/${half}`)).status).toBe(404);
    expect((await append(device, half, { body: bytes, offset: 0 })).status).toBe(404);
    expect((await device.call("DELETE", "/v1/containers/edge")).status).toBe(200);
    expect(inboxOf(device)).toEqual([]);
  }));

test("one upload too many is refused as busy", () =>
  onDevice(async (device) => {
    await begin(device);
    expect(await begin(device)).toMatchObject({ status: 409, body: { code: "busy" } });
  }, "[limits]\nreserve_bytes = 0\nuploads_max = 1\n"));
