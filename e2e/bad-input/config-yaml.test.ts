// A config.yaml that is not one, or that asks for what this host cannot give; and that what it keeps secret stays secret.
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testUnless } from "../kit/requirements.ts";
import type { Device } from "../kit/device.ts";
import type { Answer } from "../kit/run.ts";
import { goodImage } from "./good-image.ts";
import { Table } from "./table.ts";

const table = new Table("config-yaml");
const secret = "hunter2-correct-horse";

function install(contents: string | Uint8Array): (device: Device) => Promise<Answer> {
  return async (device) => {
    const path = join(table.workplace, "config.yaml");
    writeFileSync(path, contents);
    const answer = await device.hostctl("container", "install", path, goodImage().rootfs);
    expect(answer.stdout + answer.stderr).not.toContain(secret);
    return answer;
  };
}

const refused: readonly (readonly [name: string, text: string])[] = [
  ["unknown key", "name: edge\ndevises: {}\n"],
  ["unknown key in config", 'name: edge\nconfig: {"limits.memorie": "1GiB"}\n'],
  ["unknown key with a secret value", `name: edge\nconfig: {"cloud-init.user-date": ${secret}}\n`],
  ["key of nothing known", "name: edge\nfoo: bar\n"],
  ["name is a list", "name: [edge]\n"],
  ["version without quotes", "name: edge\nversion: 1.10\n"],
  ["config is a list", "name: edge\nconfig: [a]\n"],
  ["config value is a number", 'name: edge\nconfig: {"limits.cpu": 2}\n'],
  ["secret value is a number", 'name: edge\nconfig: {"environment.PIN": 12345678}\n'],
  ["secret value is a map", `name: edge\nconfig: {"cloud-init.user-data": {password: ${secret}}}\n`],
  ["memory of no size", 'name: edge\nconfig: {"limits.memory": "much"}\n'],
  ["devices is text", "name: edge\ndevices: none\n"],
  ["device without a type", "name: edge\ndevices: {eth0: {name: eth0}}\n"],
  ["device of an unknown type", "name: edge\ndevices: {eth0: {type: nick}}\n"],
  ["bad name", "name: Edge_1!\n"],
  ["name that is a path", "name: ../../etc\n"],
  ["name of 10,000 bytes", `name: ${"n".repeat(10_000)}\n`],
  ["virtual machine", "name: edge\ntype: virtual-machine\n"],
  ["unknown architecture", "name: edge\narchitecture: pdp11\n"],
  ["unknown runtime", "name: edge\nruntime: docker\n"],
  ["trial.boots 0", "name: edge\ntrial: {boots: 0}\n"],
  ["trial.timeout that is no duration", "name: edge\ntrial: {timeout: soon}\n"],
  ["trial with an unknown key", "name: edge\ntrial: {boot: 2}\n"],
  ["the same key twice", "name: edge\nname: other\n"],
  ["not YAML", "name: [edge\n"],
  ["not YAML, beside a secret", `config: {"cloud-init.user-data": "${secret}\n`],
  ["indented by a tab", "config:\n\tuser.a: b\n"],
  ["a list", "- name: edge\n"],
  ["a word", "edge\n"],
  ["two documents", "name: edge\n---\nname: other\n"],
  ["nothing but a comment", "# nothing\n"],
  ["alias bomb", bomb()],
  ["aliases without end", "a: &a [*a]\n"],
  ["nested too deep", `name: ${"[".repeat(200)}${"]".repeat(200)}\n`],
  ["a zero byte", "name: ed\u0000ge\n"],
  ["a key that spoils the terminal", '"\\e[2Jname": edge\n'],
  ["a prototype as key", "__proto__: {a: 1}\n"],
];
for (const [name, text] of refused) table.row(name, 5, install(text));
table.row("binary", 5, install(new Uint8Array([0xff, 0xfe, 0x00, 0x80, 0x81])));
table.row("a program", 5, install(readFileSync("/bin/true").subarray(0, 2000)));
table.row("almost 1 MiB of keys", 5, install(`config:\n${'  user.x: "y"\n'.repeat(70_000)}`));

for (const [name, text] of [
  ["what systemd-nspawn cannot do", 'name: edge\nruntime: nspawn\nconfig: {"limits.cpu.nodes": "0"}\n'],
  ["what LXC cannot do", 'name: edge\nruntime: lxc\nconfig: {"limits.cpu.nodes": "0"}\n'],
  ["trial.health", 'name: edge\ntrial: {commit: ready, health: {command: ["/well"]}}\n'],
  ["trial.timeout", "name: edge\ntrial: {timeout: 10m}\n"],
] as const) {
  table.row(name, 1, install(text));
}

function bomb(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 10; level += 1) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
  }
  return `${lines.join("\n")}\n`;
}

testUnless([], "secrets of a good config.yaml are in no output, no log and no history", async () => {
  const { device } = table;
  const text = `name: edge\nversion: "2.0.0"\nconfig: {"environment.TOKEN": ${secret}, "cloud-init.user-data": ${secret}}\n`;
  const answers = [
    await install(text)(device),
    await device.hostctl("container", "status", "--json"),
    await device.hostctl("container", "history", "--json"),
    await device.hostctl("container", "install", goodImage().config, "/nowhere", "--verbose"),
    await device.hostctl("container", "rollback", "--json"),
  ];
  expect(answers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 1, 0]);
  const said = answers.map(({ stdout, stderr }) => stdout + stderr).join("");
  const history = readFileSync(join(device.paths.stateDirectory, "history.ndjson"), "utf8");
  expect([said, history, await device.log()].filter((kept) => kept.includes(secret))).toEqual([]);
  // The search finds what is there.
  expect(history).toContain("2.0.0");
});
table.complete();
