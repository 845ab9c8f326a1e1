import { expect, test } from "bun:test";
import { unusedHints } from "../../source/index.ts";
import type { MetaHints } from "../../source/index.ts";
import { planFrom } from "../kit/plans.ts";

const meta: MetaHints = {
  ttyMax: 4,
  ptyMax: 64,
  rebootSignal: "SIGINT",
  stopSignal: "SIGKILL",
  haltSignal: "SIGPWR",
  hostname: "other",
  mounts: [
    { type: "proc", target: "/proc", options: [] },
    { type: "proc", target: "/srv/proc", options: [] },
    { type: "tmpfs", target: "/cache", options: [] },
    { type: "tmpfs", target: "/cache/more", options: [] },
    { type: "tmpfs", target: "/data", options: [] },
  ],
};
const text = `name: edge\ndevices:\n  data: {type: disk, source: "volume:data", path: /data/deep}\n`;

const always = [
  'lxc.uts.name "other" of the metadata is left out: the container\'s host name is its name, "edge"',
  'proc at "/srv/proc" of the metadata\'s fstab is left out: the runtime mounts proc at its usual place only',
  'tmpfs at "/cache/more" of the metadata\'s fstab is left out: another line has "/cache"',
  'tmpfs at "/data" of the metadata\'s fstab is left out: the device "data" is mounted at "/data/deep"',
];

test("unusedHints says what of an image's metadata a container does not get, and why", () => {
  const unused = (runtime: "nspawn" | "lxc") => unusedHints(planFrom(text, { runtime, meta }), meta);
  const keys = ["lxc.tty.max", "lxc.pty.max", "lxc.signal.reboot", "lxc.signal.stop"];
  expect(unused("lxc")).toEqual(always);
  expect(unused("nspawn")).toEqual([
    ...keys.map((key) => `${key} of the metadata is left out: systemd-nspawn has no such setting`),
    ...always,
  ]);
  expect(unusedHints(planFrom(text), { hostname: "edge", mounts: [] })).toEqual([]);
});
