// Files that are not files, or not there: what hostctl sees itself, and what the daemon sees when it is given the path.
import { symlinkSync, writeFileSync, mkdirSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { expect } from "bun:test";
import { json } from "../kit/api.ts";
import { isRoot, testUnless } from "../kit/requirements.ts";
import { must } from "../kit/run.ts";
import { goodImage, goodTar } from "./good-image.ts";
import { Table } from "./table.ts";
import { traces } from "./traces.ts";

const table = new Table("sources");
const { workplace } = table;
const { config } = goodImage();
const at = (name: string): string => join(workplace, name);

mkdirSync(at("directory"));
writeFileSync(at("empty"), "");
writeFileSync(at("good.tar"), goodTar("2.0.0"));
symlinkSync("/dev/zero", at("to-device"));
symlinkSync(at("gone"), at("dangling"));
symlinkSync(at("circle"), at("circle"));
symlinkSync(at("good.tar"), at("to-good"));
await must(["mkfifo", at("fifo")]);
const socket = Bun.listen({ unix: at("socket"), socket: { data: () => {} } });
socket.unref();
writeFileSync(at("private.tar"), goodTar("2.0.0"));
chmodSync(at("private.tar"), 0o000);

const blockDevice = ["/dev/loop0", "/dev/vda", "/dev/sda"].find(
  (path) => Bun.file(path).name !== undefined && isBlock(path),
);
function isBlock(path: string): boolean {
  return Bun.spawnSync(["test", "-b", path]).exitCode === 0;
}
const noBlockDevice = blockDevice === undefined ? "there is no block device" : undefined;
const device = [/"\/dev\/(?:loop0|vda|sda)"/gu, '"<block device>"'] as const;

const cases: readonly (readonly [name: string, path: string])[] = [
  ["missing file", at("missing.tar")],
  ["missing directory", at("missing/rootfs.tar")],
  ["a file for a directory", join(at("good.tar"), "rootfs.tar")],
  ["directory", at("directory")],
  ["FIFO", at("fifo")],
  ["Unix socket", at("socket")],
  ["device", "/dev/zero"],
  ["link to a device", at("to-device")],
  ["dangling link", at("dangling")],
  ["link to itself", at("circle")],
  ["empty file", at("empty")],
  ["name of 10,000 bytes", `/${"n".repeat(10_000)}`],
];

for (const [name, path] of cases) {
  table.row(name, 1, (d) => d.hostctl("container", "install", config, path));
  table.row(`${name}, as a bundle`, 1, (d) => d.hostctl("container", "install", path));
  table.row(`${name}, as config.yaml`, 1, (d) => d.hostctl("container", "install", path, at("good.tar")));
}
table.row("block device", 1, (d) => d.hostctl("container", "install", config, blockDevice ?? ""), {
  unless: [noBlockDevice],
  mask: [device],
});
table.row("no permission", 1, (d) => d.hostctl("container", "install", config, at("private.tar")), {
  unless: [isRoot ? "root may read everything" : undefined],
});
table.row("missing meta archive", 1, (d) =>
  d.hostctl("container", "install", config, at("good.tar"), at("missing-meta.tar")),
);
table.row("config.yaml of 2 MiB", 1, (d) => {
  writeFileSync(at("large.yaml"), "#".repeat(2 * 1024 * 1024));
  return d.hostctl("container", "install", at("large.yaml"), at("good.tar"));
});

const install = "/v1/containers/~/install";
const sources = (rootfs: unknown, text: unknown = { path: config }) => ({
  method: "POST" as const,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ config: text, rootfs }),
});
for (const [name, path] of [...cases, ["link to a regular file", at("to-good")] as const]) {
  const status = name === "name of 10,000 bytes" ? 400 : 422;
  table.rawRow(`${name}, given to the daemon`, status, (d) => json(d.socket, install, sources({ path })));
}
table.rawRow("block device, given to the daemon", 422, (d) => json(d.socket, install, sources({ path: blockDevice })), {
  unless: [noBlockDevice],
  mask: [device],
});
table.rawRow("relative path, given to the daemon", 400, (d) =>
  json(d.socket, install, sources({ path: "rootfs.tar" })),
);
table.rawRow("path with a zero byte, given to the daemon", 422, (d) =>
  json(d.socket, install, sources({ path: "/tmp/a\0b" })),
);
table.rawRow("token, given to the daemon", 422, (d) => json(d.socket, install, sources({ token: "t" })));
table.rawRow("upload, given to the daemon", 404, (d) => json(d.socket, install, sources({ upload: "u" })));
table.rawRow("config.yaml of 2 MiB, given to the daemon", 413, (d) =>
  json(d.socket, install, sources({ path: at("good.tar") }, { path: at("large.yaml") })),
);
table.rawRow("empty inline config.yaml", 422, (d) =>
  json(d.socket, install, sources({ path: at("good.tar") }, { inline: "" })),
);

testUnless([], "a link to a regular file is what it leads to, for hostctl", async () => {
  const before = await traces(table.device);
  expect(await table.device.hostctl("container", "install", config, at("to-good"))).toMatchObject({
    stdout: "OK\n",
    exitCode: 0,
  });
  expect(await table.device.hostctl("container", "rollback")).toMatchObject({ stdout: "OK\n", exitCode: 0 });
  expect((await traces(table.device)).filter((line) => !before.includes(line)).length).toBeGreaterThan(0);
});
table.complete();
