import { expect, test } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Device } from "../kit/device.ts";
import { expectGolden } from "../kit/golden.ts";
import { imageOf, tree } from "../kit/images.ts";
import { run, transcript } from "../kit/run.ts";

async function onQuietDevice(use: (device: Device) => Promise<void>): Promise<void> {
  const device = await Device.make();
  try {
    await use(device);
  } finally {
    await device.remove();
  }
}

/** What a person sees of one call after the other. */
async function seen(device: Device, calls: readonly (readonly string[])[]): Promise<string> {
  const texts: string[] = [];
  for (const words of calls) texts.push(transcript(words, await run(words), device.directory));
  return texts.join("\n");
}

test(
  "runHostService answers wrong usage with 2 and one line",
  () =>
    onQuietDevice(async (device) => {
      const wrong = [
        ["bot"],
        ["boot", "now"],
        ["boot", "--name", "edge"],
        ["--name", "edge"],
        ["--unknown"],
        ["--config"],
        ["--version=1"],
        ["seed"],
        ["seed", "config.yaml"],
        ["seed", "a", "b", "c", "d"],
        ["check-config", "config.toml"],
      ];
      await expectGolden(import.meta.dir, "usage.txt", await seen(device, wrong));
    }),
  30_000,
);

test(
  "checkConfig names the file and what is wrong with it",
  () =>
    onQuietDevice(async (device) => {
      const files: Record<string, string> = {
        "good.toml": "",
        "unknown.toml": '[powr]\ndriver = "none"\n',
        "value.toml": '[limits]\nstall_timeout = "soon"\n',
        "toml.toml": "socket = \n",
      };
      for (const [name, text] of Object.entries(files)) await writeFile(join(device.directory, name), text);
      await mkdir(join(device.directory, "directory"));
      const names = [...Object.keys(files), "missing.toml", "directory"];
      const calls = names.map((name) => ["check-config", "--config", join(device.directory, name)]);
      await expectGolden(import.meta.dir, "check-config.txt", await seen(device, calls));
    }),
  30_000,
);

test(
  "seed makes a committed image, once, and leaves nothing where it fails",
  () =>
    onQuietDevice(async (device) => {
      const { config, rootfs } = await device.write(imageOf("1.0.0", { meta: tree({ config: "# nothing\n" }) }));
      const bad = join(device.directory, "bad.tar");
      await writeFile(bad, "no archive");
      const [greedy, unfit] = [join(device.directory, "greedy.yaml"), join(device.directory, "unfit.yaml")];
      await writeFile(greedy, 'runtime: lxc\nconfig: {security.privileged: "true"}\n');
      await writeFile(unfit, "runtime: lxc\narchitecture: riscv64\n");
      const seed = ["seed", "--config", device.configurationFile];
      const text = await seen(device, [
        [...seed, "--name", "bad/name", config.path, rootfs.path],
        [...seed, config.path, join(device.directory, "missing.tar")],
        [...seed, config.path, bad],
        [...seed, greedy, rootfs.path],
        [...seed, unfit, rootfs.path],
        [...seed, config.path, rootfs.path, join(device.directory, "meta.tar.gz")],
        [...seed, config.path, rootfs.path],
        ["boot", "--config", device.configurationFile, "--boot-id", device.bootId],
      ]);
      await expectGolden(import.meta.dir, "seed.txt", text);
      const record: unknown = JSON.parse(
        await readFile(join(device.directory, "state/containers/edge/record.json"), "utf8"),
      );
      expect(record).toMatchObject({
        format: 1,
        bootId: device.bootId,
        state: { name: "normal", active: { slot: "a" } },
      });
      expect(Object.keys(await device.kept()).filter((name) => name.startsWith("inbox"))).toEqual(["inbox"]);
    }),
  30_000,
);

test(
  "boot says for every container what runs, and ends with 1 where a person has to look",
  () =>
    onQuietDevice(async (device) => {
      await device.start();
      for (const name of ["committed", "left", "lost", "torn"]) {
        await device.install(imageOf("1.0.0", { name }), { name });
      }
      await device.reboot();
      await device.call("POST", "/v1/containers/committed/commit");
      await device.call("POST", "/v1/containers/torn/commit");
      await device.install(imageOf("2.0.0"), { name: "committed" });
      await device.stop();
      const boot = (id: string) => ["boot", "--config", device.configurationFile, "--boot-id", id];
      let text = await seen(device, [boot("boot-3"), boot("boot-3"), boot("boot-4")]);
      await writeFile(join(device.directory, "state/containers/torn/record.json"), "{");
      await writeFile(join(device.directory, "state/containers/lost/record.json"), '{"format": 2}');
      text += `\n${await seen(device, [boot("boot-5"), boot("boot-6")])}`;
      await expectGolden(import.meta.dir, "boot.txt", text);
    }),
  30_000,
);
