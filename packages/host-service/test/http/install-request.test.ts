import { expect, test } from "bun:test";
import { digestField } from "@host-service/protocol";
import type { Answer } from "../kit/device.ts";
import { onDevice } from "../kit/device.ts";
import { bundleOf, imageOf } from "../kit/images.ts";

const install = "/v1/containers/~/install";
const seen = ({ status, body }: Answer) => [status, body["code"] ?? "-"];
const sha256 = (bytes: Uint8Array<ArrayBuffer>) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

test("imageSourceOf takes a bundle by the types that clients send, and no others", () =>
  onDevice(async (device) => {
    const body = await bundleOf(imageOf("1.0.0"));
    const taken: Record<string, unknown> = {};
    const types = [
      "application/x-tar",
      "application/octet-stream",
      "application/tar",
      "Application/X-Tar; charset=binary",
      "application/x-www-form-urlencoded",
      "text/plain",
    ];
    for (const type of types) {
      taken[type] = seen(await device.call("POST", install, { headers: { "content-type": type }, body }));
    }
    expect(taken).toEqual({
      "application/x-tar": [200, "-"],
      "application/octet-stream": [200, "-"],
      "application/tar": [200, "-"],
      "Application/X-Tar; charset=binary": [200, "-"],
      "application/x-www-form-urlencoded": [400, "invalid-request"],
      "text/plain": [400, "invalid-request"],
    });
    // A body without a type is what curl -T sends; no body and no type is nothing.
    expect(seen(await device.call("POST", install, { body }))).toEqual([200, "-"]);
    expect(seen(await device.call("POST", install))).toEqual([400, "invalid-request"]);
  }));

test("requestedDigest compares the body with both fields of RFC 9530", () =>
  onDevice(async (device) => {
    const body = await bundleOf(imageOf("1.0.0"));
    const right = digestField(sha256(body));
    const wrong = digestField("0".repeat(64));
    const asked = async (headers: Record<string, string>) =>
      seen(await device.call("POST", install, { body, headers: { "content-type": "application/x-tar", ...headers } }));
    const before = await device.kept();
    expect(await asked({ "content-digest": wrong })).toEqual([422, "digest-mismatch"]);
    expect(await asked({ "repr-digest": wrong })).toEqual([422, "digest-mismatch"]);
    expect(await asked({ "content-digest": "sha-256=zz" })).toEqual([400, "invalid-request"]);
    for (const field of ["0123", "sha-512=:YWJj:"]) {
      expect(await asked({ "content-digest": field })).toEqual([400, "invalid-request"]);
    }
    expect(await asked({ "content-digest": right, "repr-digest": wrong })).toEqual([400, "invalid-request"]);
    expect(await device.kept()).toEqual(before);
    expect(await asked({ "content-digest": "sha-512=:YWJj:", "repr-digest": right })).toEqual([200, "-"]);
    expect(await asked({ "content-digest": right })).toEqual([200, "-"]);
  }));

test("requestedId gives the operation the id of its client, once", () =>
  onDevice(async (device) => {
    const id = "11111111-1111-4111-8111-111111111111";
    const headers = { "operation-id": id };
    expect((await device.install(imageOf("1.0.0"), { headers })).body["operation"]).toBe(id);
    expect((await device.call("GET", `/v1/operations/${id}`)).body).toMatchObject({ id, state: "done" });
    expect(seen(await device.install(imageOf("1.0.0"), { headers }))).toEqual([400, "invalid-request"]);
    expect(seen(await device.install(imageOf("1.0.0"), { headers: { "operation-id": "mine" } }))).toEqual([
      400,
      "invalid-request",
    ]);
  }));

test("imageSourceOf refuses a path to a container, and what nobody has sent to everybody", () =>
  onDevice(async (device) => {
    const image = imageOf("1.0.0");
    await device.install(image);
    const parts = await device.write(image);
    const inline = { inline: image.config };
    const before = await device.kept();
    expect(seen(await device.installParts(parts, { as: "edge" }))).toEqual([403, "not-allowed"]);
    expect(seen(await device.installParts({ ...parts, config: inline }, { as: "edge" }))).toEqual([403, "not-allowed"]);
    expect(seen(await device.installParts({ ...parts, rootfs: { token: "t" } }))).toEqual([422, "source-refused"]);
    expect(seen(await device.installParts({ ...parts, rootfs: { upload: "u" } }))).toEqual([404, "not-found"]);
    expect(seen(await device.installParts({ ...parts, rootfs: { path: "x" } }))).toEqual([400, "invalid-request"]);
    expect(seen(await device.installParts({ ...parts, manifest: inline }))).toEqual([422, "signature-refused"]);
    expect(seen(await device.installParts({ ...parts, signature: inline }))).toEqual([422, "signature-refused"]);
    expect(seen(await device.installParts({ config: inline }))).toEqual([400, "invalid-request"]);
    expect(seen(await device.installParts({ ...parts, roots: inline }))).toEqual([400, "invalid-request"]);
    expect(await device.kept()).toEqual(before);
  }));
