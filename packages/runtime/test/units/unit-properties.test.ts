import { afterAll, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unitPropertiesOf } from "../../source/index.ts";
import { examples } from "../kit/configs.ts";
import { planFrom } from "../kit/plans.ts";
import { testWith } from "../kit/requirements.ts";

const directory = await mkdtemp(join(tmpdir(), "hs-unit-"));
afterAll(() => rm(directory, { recursive: true }));

const propertiesOf = (text: string) => unitPropertiesOf(planFrom(text));
const property = (name: string, text: string) =>
  propertiesOf(text)
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));

test("unitPropertiesOf sets each property whether it is asked for or not, so that a dropped limit is dropped", () => {
  const names = (text: string) => [...new Set(propertiesOf(text).map((line) => line.slice(0, line.indexOf("="))))];
  for (const { text } of examples.filter((example) => example.name.includes("limits"))) {
    expect(names(text)).toEqual(names("name: edge\n"));
  }
});

test("unitPropertiesOf counts as Incus does", () => {
  const cpu = (allowance: string, count = "8") =>
    property("CPUQuota", `config: {limits.cpu: "${count}", limits.cpu.allowance: ${allowance}}\n`);
  expect(cpu("25ms/100ms")).toEqual(["25%"]);
  expect(cpu("150ms/100ms")).toEqual(["150%"]);
  expect(cpu("150ms/100ms", "1")).toEqual(["100%"]);
  expect(cpu("1ms/1000ms")).toEqual(["0.1%"]);
  expect(cpu("40%")).toEqual(["800%"]);
  const memory = (size: string) => property("MemoryMax", `config: {limits.memory: "${size}"}\n`);
  expect([memory("512MiB"), memory("512MB"), memory("1.5GiB"), memory("2097152"), memory("50%")]).toEqual([
    [String(512 * 1024 ** 2)],
    ["512000000"],
    [String(1.5 * 1024 ** 3)],
    ["2097152"],
    ["50%"],
  ]);
});

testWith({ tools: ["systemd-analyze"] }, "systemd takes every property of every example", async () => {
  const unit = join(directory, "it.service");
  const complaints = async (lines: readonly string[]) => {
    await writeFile(unit, ["[Service]", "ExecStart=/bin/true", ...lines, ""].join("\n"));
    const child = Bun.spawn(["systemd-analyze", "verify", "--man=no", unit], { stdout: "pipe", stderr: "pipe" });
    const said = (await child.stderr.text()).split("\n");
    return said.filter((line) => line.includes("it.service:"));
  };
  for (const { text } of examples) {
    let lines: string[];
    try {
      lines = propertiesOf(text);
    } catch {
      // Refused for this runtime: golden/nspawn.txt shows it.
      continue;
    }
    expect([lines, await complaints(lines)]).toEqual([lines, []]);
  }
  expect(await complaints(["MemoryMax=much", "Nonsense=1"])).toHaveLength(2);
});
