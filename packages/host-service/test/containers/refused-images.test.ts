import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { configYaml, end, entry, joined } from "@host-service/fixtures";
import { withPrograms } from "../kit/programs.ts";
import { onDevice } from "../kit/device.ts";
import type { Image } from "../kit/images.ts";
import { bundleOf, imageOf, tree } from "../kit/images.ts";

const good = imageOf("2.0.0");
const config = (more: object) => ({ ...good, config: configYaml({ name: "edge", version: "2.0.0", ...more }) });
const rootfs = (...entries: Uint8Array[]): Image => ({
  ...good,
  rootfs: Bun.gzipSync(new Uint8Array(joined(...entries, end()))),
});
const many = (count: number) => Array.from({ length: count }, (_, index) => entry({ name: `f${index}` }));
const noise = new Uint8Array(randomBytes(3 * 1024 * 1024));

await withPrograms("systemd-nspawn", "lxc-start");

/** Each with the phase in which it fails, and how it is answered: as a bundle, and by paths. */
const refused: [string, Image, string][] = [
  ["a config.yaml that is not YAML", { ...good, config: "a: [" }, "422 image-refused"],
  ["a config.yaml with an unknown key", { ...good, config: "devises: {}\n" }, "422 image-refused"],
  ["a config.yaml that is not UTF-8", { ...good, config: "name: edge\n# \u0000\n" }, "422 image-refused"],
  ["a name that is none", { ...good, config: 'name: "../edge"\n' }, "422 image-refused"],
  ["what the runtime cannot do", config({ runtime: "lxc", config: { "limits.cpu.nodes": "0" } }), "501 not-supported"],
  ["what is not granted", config({ runtime: "lxc", config: { "security.privileged": "true" } }), "403 not-allowed"],
  ["a value of no meaning", config({ runtime: "lxc", config: { "limits.cpu": "few" } }), "422 image-refused"],
  ["a rootfs without an init", config({ runtime: "lxc" }), "422 image-refused"],
  [
    "a rootfs without the command",
    config({ runtime: "lxc", config: { "oci.entrypoint": "/app" } }),
    "422 image-refused",
  ],
  ["trial.health", config({ trial: { commit: "ready", health: { command: ["/well"] } } }), "501 not-supported"],
  ["trial.timeout", config({ trial: { timeout: "5m" } }), "501 not-supported"],
  ["a rootfs that is no archive", { ...good, rootfs: noise.subarray(0, 5000) }, "422 image-refused"],
  ["a rootfs that is cut off", { ...good, rootfs: good.rootfs.subarray(0, -20) }, "422 image-refused"],
  ["a rootfs with a name that escapes", rootfs(entry({ name: "../outside" })), "422 image-refused"],
  ["a rootfs of too many entries", rootfs(...many(60)), "413 too-large"],
  ["a rootfs that unpacks to too much", rootfs(entry({ name: "zero" }, new Uint8Array(9_000_000))), "413 too-large"],
  ["an image that is too large", rootfs(entry({ name: "noise" }, noise)), "413 too-large"],
  ["a metadata archive that is none", { ...good, meta: noise.subarray(0, 5000) }, "422 image-refused"],
  ["a metadata archive of too many entries", { ...good, meta: rootfs(...many(300)).rootfs }, "413 too-large"],
  ["a metadata archive that is cut off", { ...good, meta: tree({ x: "y" }).subarray(0, -9) }, "422 image-refused"],
];

const limits =
  "[limits]\nreserve_bytes = 0\nentries_max = 50\nunpacked_bytes_max = 8388608\nimage_bytes_max = 2097152\n";

/** Without the directory itself. */
function changeable(kept: Record<string, string>): Record<string, string> {
  const { containers: _, "containers/.ids.lock": _lock, ...others } = kept;
  return others;
}

test(
  "install that is refused in any phase leaves no bytes and an unchanged record, first or not",
  () =>
    onDevice(async (device) => {
      for (const isFirst of [true, false]) {
        if (!isFirst) expect((await device.install(imageOf("1.0.0"))).status).toBe(200);
        await device.reboot();
        if (!isFirst) expect((await device.call("POST", "/v1/containers/edge/commit")).status).toBe(200);
        const before = changeable(await device.kept());
        const answers: [string, string][] = [];
        for (const [what, image] of refused) {
          const ways = [await device.install(image), await device.installParts(await device.write(image))];
          const said = ways.map(({ status, body }) => `${status} ${String(body["code"])}`);
          answers.push([what, said[0] === said[1] ? (said[0] ?? "") : said.join(" | ")]);
          for (const { body } of ways) expect(String(body["detail"])).toStartWith("Cannot ");
          // The lock on the ids of all containers is made once, and stays.
          const kept = changeable(await device.kept());
          expect([what, kept]).toEqual([what, before]);
        }
        expect(answers).toEqual(refused.map(([what, , answer]) => [what, answer]));
      }
      expect(device.logged.filter(({ level }) => level === "error")).toEqual([]);
    }, limits),
  60_000,
);

test("checkFits refuses what does not fit beside the reserve, before a slot is touched", () =>
  onDevice(async (device) => {
    const { status, body } = await device.install(imageOf("1.0.0"));
    expect([status, body["code"]]).toEqual([507, "no-space"]);
    expect(await device.kept()).toEqual({ inbox: "/" });
  }, "[limits]\nreserve_bytes = 1000000000000000\n"));

test("install refuses a bundle with parts out of order, with parts missing, cut off, and with nothing in it", () =>
  onDevice(async (device) => {
    const before = await device.kept();
    const install = async (body: Uint8Array<ArrayBuffer>) => {
      const headers = { "content-type": "application/x-tar" };
      const answer = await device.call("POST", "/v1/containers/edge/install", { headers, body });
      return [answer.status, answer.body["code"]];
    };
    const bundle = (...names: string[]) =>
      new Uint8Array(
        joined(...names.map((name) => entry({ name }, name === "config.yaml" ? good.config : good.rootfs)), end()),
      );
    expect(await install(bundle("rootfs.tar.gz", "config.yaml"))).toEqual([422, "image-refused"]);
    expect(await install(bundle("config.yaml"))).toEqual([422, "image-refused"]);
    expect(await install(new Uint8Array(0))).toEqual([422, "source-refused"]);
    expect(await install((await bundleOf(good)).slice(0, 2000))).toEqual([422, "image-refused"]);
    expect(await device.kept()).toEqual(before);
  }));
