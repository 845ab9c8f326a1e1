// The ceiling, through the compiled program and the daemon: each configuration that reaches above what its container was granted is
// refused at install with the words of golden/ceiling.txt, and nothing of it is left or was started.
import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostileConfigs } from "@host-service/fixtures";
import type { HostileConfig } from "@host-service/fixtures";
import type { Device } from "./kit/device.ts";
import { compareWithGolden } from "./kit/golden.ts";
import { onDevice } from "./kit/on-device.ts";
import { needsTools, testUnless } from "./kit/requirements.ts";
import { tinyImage } from "./kit/tiny-image.ts";

/** A container of its own for each, named by what it tries. */
function containerOf({ name }: HostileConfig): string {
  return name
    .replaceAll(/[^A-Za-z0-9]+/gu, "-")
    .replaceAll(/^-|-$/gu, "")
    .slice(0, 60);
}

/** TOML's arrays and strings of these are JSON's. */
function grantLines(config: HostileConfig): string[] {
  const keys = Object.entries({ runtime: "nspawn", ...config.grant });
  return [`[containers.${containerOf(config)}]`, ...keys.map(([key, value]) => `${key} = ${JSON.stringify(value)}`)];
}

function hostileTo(device: Device): HostileConfig[] {
  const { stateDirectory, runDirectory, socket } = device.paths;
  return hostileConfigs({ stateDirectory, runDirectory, socket, configurationDirectory: "/etc/host-service" });
}

/** Everything below the state but the history and the lock of the daemon. */
async function kept(device: Device): Promise<string[]> {
  const names = await readdir(device.paths.stateDirectory, { recursive: true });
  return names.filter((name) => !/^(?:history\.ndjson|lock)$/u.test(name)).toSorted();
}

testUnless(
  [],
  "every hostile configuration is refused at install as golden/ceiling.txt says, and leaves nothing behind",
  () =>
    onDevice(async (device) => {
      const configs = hostileTo(device);
      const grants = configs.flatMap(grantLines);
      await device.stopDaemon();
      await writeFile(device.configuration, `${await Bun.file(device.configuration).text()}${grants.join("\n")}\n`);
      await device.startDaemon();
      const { rootfs } = await tinyImage("1.0.0");
      const before = await kept(device);
      const lines: string[] = [];
      for (const config of configs) {
        const path = join(device.directory, "hostile.yaml");
        await writeFile(path, config.text);
        const { exitCode, stdout, stderr } = await device.hostctl(
          "container",
          "install",
          "--name",
          containerOf(config),
          path,
          rootfs,
        );
        lines.push(`${config.name}\n  exit ${exitCode}: ${stdout.trimEnd()}`);
        expect([config.name, stderr]).toEqual([config.name, ""]);
        expect(stdout).toMatch(/^Cannot [^\n]*\n$/u);
        expect([config.name, await kept(device)]).toEqual([config.name, before]);
        expect(existsSync(`/run/systemd/nspawn/${containerOf(config)}.nspawn`)).toBe(false);
      }
      expect(lines.filter((line) => /exit (?:1|5|8): /u.test(line)).length).toBe(configs.length);
      await compareWithGolden("ceiling", `${lines.join("\n").replaceAll(device.directory, "DEVICE")}\n`);
    }),
);

testUnless(
  [needsTools("lxc-start")],
  "what is granted is installed, and a link below a granted directory is not followed",
  () =>
    onDevice(async (device) => {
      const shared = join(device.directory, "shared");
      await mkdir(join(shared, "data"), { recursive: true });
      await symlink("/etc", join(shared, "link"));
      await device.stopDaemon();
      const grant = `[containers.edge]\nruntime = "lxc"\ndisk_sources = [${JSON.stringify(shared)}]\n`;
      await writeFile(device.configuration, (await Bun.file(device.configuration).text()) + grant);
      await device.startDaemon();
      const path = join(device.directory, "config.yaml");
      const { rootfs } = await tinyImage("1.0.0");
      const install = async (source: string) => {
        await writeFile(
          path,
          `name: edge\nconfig: {oci.entrypoint: /etc/version}\ndevices: {it: {type: disk, source: ${JSON.stringify(source)}, path: /mnt}}\n`,
        );
        return await device.hostctl("container", "install", path, rootfs);
      };
      const linked = await install(join(shared, "link"));
      expect([linked.exitCode, linked.stdout]).toEqual([8, expect.stringContaining("has a link on its way below")]);
      expect(await kept(device)).toEqual(["inbox"]);
      // The root has no such program, so that the last check of all is reached, and nothing is left behind there either.
      const unfit = await install(join(shared, "data"));
      expect([unfit.exitCode, unfit.stdout]).toEqual([
        5,
        'Cannot install the image: "/etc/version", which "oci.entrypoint" names, is no program in the rootfs; correct one of the two\n',
      ]);
      expect((await kept(device)).filter((name) => name.includes("slots"))).toEqual([]);
    }),
);
