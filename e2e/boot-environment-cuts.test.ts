// Each change of a boot environment is killed at every call that changes a file, with the real tools. What is read then is what was there
// before or what was to be there: the boot loader always finds a slot. Where that cannot be promised, the points that break are told.
import { expect } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BootEnvironment, type Flavour, type Values, makeBootEnvironment } from "./kit/boot-environments.ts";
import { type CutMode, walk } from "./kit/crash-walk.ts";
import { needsTools, testUnless } from "./kit/requirements.ts";
import { run } from "./kit/run.ts";

const onA = { mender_boot_part: "2", mender_boot_part_hex: "2", upgrade_available: "0", bootcount: "0" };
const onB = { mender_boot_part: "10", mender_boot_part_hex: "a", upgrade_available: "0", bootcount: "0" };
const armed = { ...onB, upgrade_available: "1" };
const tried = { ...armed, bootcount: "1" };

interface Change {
  command: readonly [change: string, slot: "a" | "b", booted: "a" | "b"];
  before: Values;
  after: Values;
}

const changes: readonly Change[] = [
  { command: ["tryOnce", "b", "a"], before: onA, after: armed },
  { command: ["keep", "b", "b"], before: tried, after: { ...tried, upgrade_available: "0" } },
  { command: ["keep", "a", "a"], before: armed, after: onA },
  { command: ["returnTo", "a", "b"], before: tried, after: { ...onA, bootcount: "1" } },
  { command: ["returnTo", "a", "a"], before: armed, after: onA },
];

const flavours: readonly { flavour: Flavour; tools: string[] }[] = [
  { flavour: "U-Boot, two copies", tools: ["fw_setenv", "fw_printenv"] },
  { flavour: "U-Boot, one copy", tools: ["fw_setenv", "fw_printenv"] },
  { flavour: "GRUB, two copies", tools: ["grub-editenv", "flock"] },
  { flavour: "GRUB, one block", tools: ["grub-editenv"] },
];
const cuts: readonly { mode: CutMode; where: string }[] = [
  { mode: "before", where: "before every call" },
  { mode: "short", where: "within every write" },
];

const needs = [needsTools("cc"), process.arch === "x64" ? undefined : "crashpoint reads the registers of x86-64"];
const changer = join(import.meta.dirname, "tools/change-boot-environment.ts");
const bun = [process.execPath, "run", changer];

for (const { flavour, tools } of flavours) {
  for (const change of changes) {
    const [name, slot, booted] = change.command;
    for (const { mode, where } of cuts) {
      const title = `${flavour}: ${name} ${slot} while ${booted} runs, cut ${where}, leaves the old values or the new ones`;
      testUnless([...needs, needsTools(...tools)], title, () =>
        within(flavour, async (environment) => {
          const { points, broken } = await cut(environment, change, mode);
          console.error(`${title}: ${points} points`);
          expect(broken).toEqual([]);
          expect(points).toBeGreaterThan(1);
          expect(await environment.read()).toEqual(change.after);
        }),
      );
    }
  }
}

// The values above fit into the half that is written. These do not, as those of a real U-Boot do not fit into one sector.
const scripts = Object.fromEntries(
  Array.from({ length: 200 }, (_, index) => [`script_${index}`, `run step_${index};`.repeat(4)]),
);

for (const [flavour, promise, broken] of [
  ["U-Boot, two copies", "the old values or the new ones", []],
  ["U-Boot, one copy", "nothing whole", ["1 write uboot.env : Cannot read environment, using default"]],
] as const) {
  testUnless([...needs, needsTools("fw_setenv")], `${flavour}, many values: a torn write leaves ${promise}`, () =>
    within(flavour, async (environment) => {
      const before = { ...onA, ...scripts };
      const change: Change = { command: ["tryOnce", "b", "a"], before, after: { ...armed, ...scripts } };
      const report = await cut(environment, change, "short");
      expect(report.broken.map((line) => line.split("\n")[0] ?? "")).toEqual([...broken]);
    }),
  );
}

testUnless(
  [...needs, needsTools("grub-editenv")],
  "a walk sees what grub-editenv alone would leave: an empty file",
  () =>
    within("GRUB, one block", async (environment) => {
      const file = join(environment.below, "grubenv");
      const plain = ["grub-editenv", file, "set", ...Object.entries(armed).map((pair) => pair.join("="))];
      const change: Change = { command: ["tryOnce", "b", "a"], before: onA, after: armed };
      const { broken } = await cut(environment, change, "before", plain);
      expect(broken).toEqual([expect.stringMatching(/^2 write grubenv : .*invalid environment block/)]);
    }),
);

async function cut(
  environment: BootEnvironment,
  { command, before, after }: Change,
  mode: CutMode,
  changing = [...bun, JSON.stringify(environment.choice), ...command, ...(environment.directories ?? [])],
): Promise<{ points: number; broken: string[] }> {
  return await walk({
    mode,
    below: environment.below,
    prepare: () => environment.set(before),
    run: async (prefix) => {
      await run([...prefix, ...changing]);
    },
    check: async () => {
      const values = await environment.read();
      const isOne = [before, after].some((allowed) => Bun.deepEquals(allowed, values));
      if (!isOne) throw new Error(`it reads ${JSON.stringify(values)}`);
    },
  });
}

async function within(flavour: Flavour, story: (environment: BootEnvironment) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hs-cuts-"));
  try {
    await story(await makeBootEnvironment(flavour, directory));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
