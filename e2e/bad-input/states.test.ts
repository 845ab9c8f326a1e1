// What the state of the container does not allow, said before a body is read.
import { expect } from "bun:test";
import { join } from "node:path";
import { json } from "../kit/api.ts";
import type { Device } from "../kit/device.ts";
import { worked } from "../kit/steps.ts";
import { goodImage, writeGoodImage } from "./good-image.ts";
import { Table } from "./table.ts";
import { writeFileSync } from "node:fs";

const install = "/v1/containers/edge/install";
const next = writeGoodImage("2.0.0", "next");

/** Names of 200 bytes, of which the state says that it is refused although nothing of its body was sent. */
async function refusedBeforeItsBody(device: Device) {
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() });
  const leaving = new AbortController();
  const answer = await json(device.socket, install, {
    method: "POST",
    headers: { "content-type": "application/x-tar" },
    body,
    signal: leaving.signal,
  });
  leaving.abort();
  return answer;
}

const normal = new Table("states: normal");
normal.row("commit --expect of another version", 4, (d) => d.hostctl("container", "commit", "--expect", "9.9.9"));
normal.row("commit --expect of another digest", 4, (d) =>
  d.hostctl("container", "commit", "--expect", `sha256:${"0".repeat(64)}`),
);
normal.row("rollback without previous", 4, (d) => d.hostctl("container", "rollback"));
normal.row("try without a candidate", 4, (d) => d.hostctl("container", "try"));
normal.complete();

const pending = new Table("states: pending", {
  prepare: async (device) => {
    worked(await device.boot());
    await device.startDaemon();
    worked(await device.hostctl("container", "install", next.config, next.rootfs));
    await device.stopDaemon();
  },
});
pending.row("commit before boot", 4, (d) => d.hostctl("container", "commit"));
pending.row("commit --expect of the candidate before boot", 4, (d) =>
  d.hostctl("container", "commit", "--expect", "2.0.0"),
);
const refusable: readonly (readonly [name: string, files: () => readonly [string, string]])[] = [
  ["a missing file over pending", () => [next.config, "/nowhere.tar"]],
  ["what is no archive over pending", () => [next.config, pending_(`not.tar`, "no archive\n".repeat(100))]],
  ["a bad config.yaml over pending", () => [pending_("bad.yaml", "nam: edge\n"), next.rootfs]],
];
for (const [name, files] of refusable) {
  pending.row(name, name.startsWith("a missing") ? 1 : 5, (d) => d.hostctl("container", "install", ...files()));
}
function pending_(name: string, text: string): string {
  const path = join(pending.workplace, name);
  writeFileSync(path, text);
  return path;
}
pending.row(
  "an archive that is refused while it is unpacked leaves normal",
  5,
  async (d) => {
    const path = join(pending.workplace, "cut.tar");
    writeFileSync(path, new Uint8Array(await Bun.file(next.rootfs).arrayBuffer()).subarray(0, 100_000));
    const answer = await d.hostctl("container", "install", next.config, path);
    expect(await d.state()).toBe("normal");
    expect(await Bun.file(join(d.slot("b"), "slot.json")).exists()).toBe(false);
    return answer;
  },
  { untouched: false },
);
pending.complete();

const trying = new Table("states: trying", {
  prepare: async (device) => {
    worked(await device.boot());
    await device.startDaemon();
    worked(await device.hostctl("container", "install", next.config, next.rootfs));
    await device.stopDaemon();
    await device.nextBoot();
  },
});
trying.row("install during a trial", 4, (d) => d.hostctl("container", "install", next.config, next.rootfs));
trying.rawRow("install during a trial, before its body", 409, refusedBeforeItsBody);
trying.row("install of a bundle during a trial", 4, (d) => {
  const path = join(trying.workplace, "large.tar");
  writeFileSync(path, new Uint8Array(30 * 1024 * 1024));
  return d.hostctl("container", "install", path, "--name", "edge");
});
trying.row("commit --expect of the fallback", 4, (d) => d.hostctl("container", "commit", "--expect", "1.0.0"));
trying.row("remove during a trial, without a name", 1, (d) =>
  d.hostctl("container", "remove", "--name", "nobody", "--yes"),
);
trying.complete();

const rollback = new Table("states: rollback", {
  prepare: async (device) => {
    worked(await device.boot());
    await device.startDaemon();
    worked(await device.hostctl("container", "install", next.config, next.rootfs));
    await device.reboot();
    worked(await device.hostctl("container", "rollback"));
    await device.stopDaemon();
  },
});
rollback.row("install in rollback", 4, (d) =>
  d.hostctl("container", "install", goodImage().config, goodImage().rootfs),
);
rollback.rawRow("install in rollback, before its body", 409, refusedBeforeItsBody);
rollback.row("try in rollback", 4, (d) => d.hostctl("container", "try"));
rollback.complete();
