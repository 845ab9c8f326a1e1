// `devices:` of type unix-char and unix-block: nodes that are made for the container, each granted by its path on the host.
import type { Device } from "@host-service/archive";
import type { DeviceNode } from "../model/plan.ts";
import { beneath, isWithin } from "./paths.ts";
import { badValue, notGranted, notSupported, quoted } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

type Node = Extract<Device, { type: "unix-char" | "unix-block" }>;

/** What udev calls devices. A path with other characters would need quoting in the rules of the unit. */
const plainPath = /^\/dev\/[A-Za-z0-9_.:+@,=/-]{1,200}$/u;

/** Made by the runtime, or a door to the host that no container's name for it changes. */
const never = new Map([
  ["/dev/console", "the runtime makes"],
  ["/dev/kmem", "is the host's memory"],
  ["/dev/mem", "is the host's memory"],
  ["/dev/port", "is the host's ports"],
  ["/dev/ptmx", "the runtime makes"],
]);
const neverBelow = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/incus", "/dev/lxd"];

/** Root inside and who is in its group: nobody else. */
const modeByDefault = 0o660;

export function readNodes(devices: readonly [name: string, node: Node][], wish: Wish): readonly DeviceNode[] {
  const nodes = devices.map(([device, node]) => readNode(device, node, wish));
  const twice = nodes.find(({ target }, index) => nodes.findIndex((other) => other.target === target) !== index);
  if (twice === undefined) return nodes;
  throw badValue(wish, `devices.${twice.device}.path`, { shown: twice.target, expected: "another one" });
}

function readNode(device: string, node: Node, wish: Wish): DeviceNode {
  const at = (key: string) => `devices.${device}.${key}`;
  for (const key of ["major", "minor"] as const) {
    if (node[key] === undefined) continue;
    const why = "would make a node of any device of the host";
    throw notSupported(wish, at(key), { why, next: 'name the host\'s node as "source", and leave the numbers out' });
  }
  const named = node.source === undefined ? "path" : "source";
  const source = checkPath(node.source ?? node.path ?? "", at(named), wish);
  const target = checkPath(node.path ?? source, at("path"), wish);
  if (!wish.grant.devices.some((pattern) => fits(source, pattern))) {
    throw notGranted(wish, at(named), { key: "devices", word: source }, source);
  }
  return {
    device,
    kind: node.type === "unix-char" ? "char" : "block",
    source,
    target,
    mode: node.mode === undefined ? modeByDefault : readMode(at("mode"), node.mode, wish),
    uid: readId(at("uid"), node.uid, wish),
    gid: readId(at("gid"), node.gid, wish),
    required: node.required !== "false",
  };
}

function checkPath(given: string, key: string, wish: Wish): string {
  const path = beneath("/", given);
  if (!plainPath.test(path)) {
    const expected = 'a path below /dev of letters, digits and _.:+@,=-, such as "/dev/ttyS0"';
    throw badValue(wish, key, { shown: given, expected });
  }
  const why = forbiddenNode(path);
  if (why === undefined) return path;
  throw notSupported(wish, key, { why: `is ${quoted(path)}, which ${why}`, next: "remove the device" });
}

/** Why a node is given to no container, whatever is granted; undefined for all others. */
export function forbiddenNode(path: string): string | undefined {
  return never.get(path) ?? (neverBelow.some((kept) => isWithin(path, kept)) ? "the runtime makes" : undefined);
}

/** `*` stands for anything but a slash. */
function fits(path: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`));
  return new RegExp(`^${parts.join("[^/]*")}$`, "u").test(path);
}

function readMode(key: string, text: string, wish: Wish): number {
  const mode = Number.parseInt(text, 8);
  if (mode <= 0o777) return mode;
  throw badValue(wish, key, { shown: text, expected: 'a mode without setuid and sticky bits, such as "0660"' });
}

function readId(key: string, text: string | undefined, wish: Wish): number {
  const id = Number(text ?? "0");
  if (id <= 65_535) return id;
  throw badValue(wish, key, { shown: text ?? "", expected: "an id from 0 to 65535, as the container has it" });
}
