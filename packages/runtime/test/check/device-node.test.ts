import { afterAll, expect } from "bun:test";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { numbersOf, RuntimeError } from "../../source/index.ts";
import type { DeviceNode } from "../../source/index.ts";
import { testWith } from "../kit/requirements.ts";

const directory = "/dev/shm/hs-node-test";
const isRoot = process.getuid?.() === 0;
if (isRoot) await mkdir(directory, { recursive: true });
afterAll(() => rm(directory, { recursive: true, force: true }));

const node = (source: string, more: Partial<DeviceNode> = {}): DeviceNode => ({
  device: "it",
  kind: "char",
  source,
  target: "/dev/x",
  mode: 0o660,
  uid: 0,
  gid: 0,
  required: true,
  ...more,
});

function outcome(of: DeviceNode): unknown {
  try {
    return numbersOf(of);
  } catch (error) {
    return error instanceof RuntimeError ? `${error.kind}: ${error.message}` : error;
  }
}

const says = (kind: string, source: string, why: string) =>
  `${kind}: Cannot start the container: "${source}", which "devices.it.source" names, ${why}`;

testWith(
  { root: true, tools: [] },
  "numbersOf gives the numbers of a node of the host, and follows no link out of /dev or to what is never given",
  async () => {
    const at = (name: string) => `${directory}/${name}`;
    await symlink("/dev/null", at("null"));
    await symlink("/dev/mem", at("mem"));
    await symlink("/dev/../etc/passwd", at("passwd"));
    await writeFile(at("file"), "");
    expect(outcome(node("/dev/null"))).toEqual({ major: 1, minor: 3 });
    expect(outcome(node(at("null")))).toEqual({ major: 1, minor: 3 });
    expect(outcome(node("/dev/null", { kind: "block" }))).toBe(
      says("not-supported", "/dev/null", "is no block device; correct its type"),
    );
    expect(outcome(node(at("passwd")))).toBe(
      says("not-granted", at("passwd"), "leads out of /dev; name the node itself"),
    );
    expect(outcome(node(at("file")))).toBe(
      says("not-granted", at("file"), `is "${at("file")}", which the runtime makes; remove the device`),
    );
    expect(outcome(node(at("missing")))).toBe(
      says("not-supported", at("missing"), 'is not there; plug it in, or write required: "false"'),
    );
    expect(outcome(node(at("missing"), { required: false }))).toBeUndefined();
    // Where this machine has no such node, the link leads nowhere.
    expect(String(outcome(node(at("mem"))))).toMatch(/host's memory; remove the device|is not there; plug it in/u);
  },
);
