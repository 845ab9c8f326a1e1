// Bundles that are not put together as a bundle is, and digests that do not fit.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configYaml, end, entry, joined, pax } from "@host-service/fixtures";
import { json } from "../kit/api.ts";
import type { Device } from "../kit/device.ts";
import type { Answer } from "../kit/run.ts";
import { goodTar } from "./good-image.ts";
import { Table } from "./table.ts";

const table = new Table("bundles");
const config = entry({ name: "config.yaml" }, configYaml({ name: "edge", version: "2.0.0" }));
const rootfs = entry({ name: "rootfs.tar" }, goodTar("2.0.0"));
const meta = entry({ name: "meta.tar" }, joined(entry({ name: "metadata.yaml" }, "x: 1\n"), end()));

const bundles: readonly (readonly [name: string, contents: Uint8Array])[] = [
  ["wrong order", joined(rootfs, config, end())],
  ["metadata after the rootfs", joined(config, rootfs, meta, end())],
  ["without config.yaml", joined(rootfs, end())],
  ["without rootfs", joined(config, end())],
  ["nothing in it", end()],
  ["a member too many", joined(config, entry({ name: "README" }, "x"), rootfs, end())],
  ["config.yaml twice", joined(config, config, rootfs, end())],
  ["rootfs twice", joined(config, rootfs, entry({ name: "rootfs.tar.xz" }, "x"), end())],
  ["in a directory", joined(entry({ name: "edge/", type: "5" }), entry({ name: "edge/config.yaml" }, "x"), end())],
  ["config.yaml is a link", joined(entry({ name: "config.yaml", type: "2", link: "/etc/shadow" }), rootfs, end())],
  ["config.yaml with ../", joined(entry({ name: "../config.yaml" }, "x"), rootfs, end())],
  ["an absolute name", joined(entry({ name: "/etc/config.yaml" }, "x"), rootfs, end())],
  ["a name with an escape sequence", joined(entry({ name: "\u001b[2Jconfig.yaml" }, "x"), rootfs, end())],
  ["config.yaml is empty", joined(entry({ name: "config.yaml" }), rootfs, end())],
  ["rootfs is empty", joined(config, entry({ name: "rootfs.tar" }), end())],
  ["rootfs is no archive", joined(config, entry({ name: "rootfs.tar.xz" }, "no archive\n"), end())],
  ["config.yaml of 2 MiB", joined(entry({ name: "config.yaml" }, "#".repeat(2 * 1024 * 1024)), rootfs, end())],
  ["a pax header that renames", joined(config, pax({ path: "rootfs.tar" }), entry({ name: "x" }, "x"), end())],
  ["cut off in config.yaml", joined(config, rootfs, end()).subarray(0, 520)],
  ["cut off in the rootfs", joined(config, rootfs, end()).subarray(0, 100_000)],
  ["cut off before its end", joined(config, rootfs)],
  ["text after config.yaml", joined(config, "and something more\n".repeat(60))],
  ["a rootfs alone", goodTar("2.0.0")],
  ["a compressed rootfs alone", joined("\u00fd7zXZ\0", new Uint8Array(2000))],
  ["text", new Uint8Array(Buffer.from("not a bundle\n".repeat(100)))],
  [
    "with a manifest and a signature that are none",
    joined(entry({ name: "manifest" }, "x"), entry({ name: "manifest.sig" }, "x"), config, rootfs, end()),
  ],
  ["a manifest without its signature", joined(entry({ name: "manifest" }, "x"), config, rootfs, end())],
];

function written(name: string, contents: Uint8Array): string {
  const path = join(table.workplace, `${name.replaceAll(/[^\w.-]+/gu, "-")}.tar`);
  writeFileSync(path, contents);
  return path;
}

for (const [name, contents] of bundles) {
  table.row(name, 5, (device) => device.hostctl("container", "install", written(name, contents)));
}
const [[wrongOrder, outOfOrder]] = [bundles[0] ?? ["", new Uint8Array()]];
table.row("wrong order, on standard input", 5, (device) =>
  device.hostctlWith({ stdin: outOfOrder }, "container", "install", "-"),
);
table.row("nothing on standard input", 1, (device) =>
  device.hostctlWith({ stdin: new Uint8Array() }, "container", "install", "-"),
);
const inspect =
  (path: string) =>
  (device: Device): Promise<Answer> =>
    device.hostctl("image", "inspect", path);
table.row("wrong order, inspected", 5, inspect(written(wrongOrder, outOfOrder)));
table.row("cut off, inspected", 5, inspect(written("cut", joined(config, rootfs).subarray(0, 100_000))));
table.row("missing, inspected", 1, inspect("/nowhere.tar"));
table.row("built from what is no archive", 5, (device) => {
  const path = written("text", new Uint8Array(Buffer.from("text\n".repeat(1000))));
  const yaml = join(table.workplace, "config.yaml");
  writeFileSync(yaml, "name: edge\n");
  return device.hostctl("image", "build", join(table.workplace, "out.tar"), yaml, path);
});

const good = joined(config, rootfs, end());
const sha256 = new Bun.CryptoHasher("sha256").update(good).digest("base64");
const zeros = `${"A".repeat(43)}=`;
const digests: readonly (readonly [name: string, status: number, headers: Record<string, string>])[] = [
  ["wrong Content-Digest", 422, { "content-digest": `sha-256=:${zeros}:` }],
  ["wrong Repr-Digest", 422, { "repr-digest": `sha-256=:${zeros}:` }],
  [
    "one right and one wrong digest",
    400,
    { "content-digest": `sha-256=:${sha256}:`, "repr-digest": `sha-256=:${zeros}:` },
  ],
  ["Content-Digest in hexadecimal", 400, { "content-digest": `sha-256=${"0".repeat(64)}` }],
  ["Content-Digest that is too short", 400, { "content-digest": "sha-256=:AAAA:" }],
  ["Content-Digest that is no field", 400, { "content-digest": "0123" }],
  ["Content-Digest of another algorithm alone", 400, { "content-digest": "md5=:AAAAAAAAAAAAAAAAAAAAAA==:" }],
];
for (const [name, status, headers] of digests) {
  table.rawRow(name, status, (device) =>
    json(device.socket, "/v1/containers/edge/install", {
      method: "POST",
      headers: { "content-type": "application/x-tar", ...headers },
      body: good,
    }),
  );
}
table.complete();
