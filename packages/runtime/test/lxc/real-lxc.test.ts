// What we write, read by LXC itself.
import { afterAll, expect } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lxcOf } from "../../source/index.ts";
import { examples } from "../kit/configs.ts";
import { places, planFrom } from "../kit/plans.ts";
import { readLxc } from "../kit/readers.ts";
import { testWith } from "../kit/requirements.ts";

const directory = await mkdtemp(join(tmpdir(), "hs-lxc-"));
afterAll(() => rm(directory, { recursive: true }));

/** What LXC has read for a key. */
async function value(key: string): Promise<string> {
  const child = Bun.spawn(["lxc-info", "-P", directory, "-n", "edge", "-c", key], { stdout: "pipe", stderr: "pipe" });
  const [text, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return errors === "" ? text.replace(`${key} = `, "").trimEnd() : `refused: ${errors.trim()}`;
}

async function load(configuration: string): Promise<void> {
  await mkdir(join(directory, "edge"), { recursive: true });
  await writeFile(join(directory, "edge", "config"), configuration);
}

/** It shows these as numbers, or only as a whole. */
const shownOtherwise =
  /^lxc\.(?:signal|sysctl|prlimit|console\.size|rootfs\.path|idmap|net\.\d+\.ipv6|mount\.auto|net\.\d+\.flags)/u;

testWith({ tools: ["lxc-info"] }, "LXC reads every line of every example as it was meant", async () => {
  let compared = 0;
  for (const { text, meta } of examples) {
    let configuration: string;
    try {
      const plan = planFrom(text, { runtime: "lxc", ...(meta === undefined ? {} : { meta }) });
      ({ configuration } = lxcOf(plan, { ...places, consoleLog: "/run/host-service.d/.run/edge/console.log" }));
    } catch {
      // Refused for this runtime: golden/lxc.txt shows it.
      continue;
    }
    await load(configuration);
    const keys = Map.groupBy(readLxc(configuration), ({ key }) => key);
    for (const [key, lines] of keys) {
      const read = await value(key);
      expect([key, read]).toEqual([key, expect.not.stringContaining("refused")]);
      if (shownOtherwise.test(key)) continue;
      const meant = lines.map((line) => line.value);
      const words = key === "lxc.cap.drop" ? meant.flatMap((names) => names.split(" ")) : meant;
      expect([key, read.split("\n").map((line) => line.trimEnd())]).toEqual([key, words.map((word) => word.trimEnd())]);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(100);
});

testWith({ tools: ["lxc-info"] }, "LXC refuses what is no line of a configuration", async () => {
  await load("lxc.nonsense = 1\n");
  expect(await value("lxc.uts.name")).toStartWith("refused: ");
});
