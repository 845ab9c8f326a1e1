// What the programs say when they are called wrongly, configured wrongly, or when nobody listens.
import { expect } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Device } from "../kit/device.ts";
import { isRoot, needsTools } from "../kit/requirements.ts";
import { environment, program } from "../kit/program.ts";
import type { Answer } from "../kit/run.ts";
import { run } from "../kit/run.ts";
import { worked } from "../kit/steps.ts";
import { goodImage } from "./good-image.ts";
import { Table } from "./table.ts";

const table = new Table("usage");
const at = (name: string): string => join(table.workplace, name);

const wrong: readonly (readonly string[])[] = [
  [],
  ["pong"],
  ["contaner", "status"],
  ["container"],
  ["container", "instal"],
  ["container", "install"],
  ["container", "install", "config.yaml"],
  ["container", "install", "a", "b", "c", "d"],
  ["container", "install", "-", "rootfs.tar"],
  ["container", "status", "--nam", "edge"],
  ["container", "status", "--name"],
  ["container", "status", "--name", ""],
  ["container", "status", "--name", "no_body"],
  ["container", "status", "--name", "a", "--name", "b"],
  ["container", "status", "extra"],
  ["container", "commit", "--expect"],
  ["container", "status", "--quiet=yes"],
  ["container", "status", "--progress", "dots"],
  ["ping", "--socket-path"],
  ["ping", "extra"],
  ["-x"],
  ["completion", "tcsh"],
  ["image", "inspect"],
];
for (const words of wrong) table.row(["hostctl", ...words].join(" "), 2, (d) => d.hostctl(...words));

const hostService = (...words: string[]): Promise<Answer> => run([...program("host-service"), ...words]);
const wrongService: readonly (readonly string[])[] = [
  ["start"],
  ["check-config", "extra"],
  ["--confg", "x"],
  ["--config"],
  ["seed"],
  ["seed", "config.yaml"],
  ["boot", "--name", "edge"],
];
for (const words of wrongService) table.row(["host-service", ...words].join(" "), 2, () => hostService(...words));

const elsewhere: readonly (readonly [name: string, path: () => string])[] = [
  ["no socket", () => at("none")],
  ["no directory of the socket", () => at("none/none")],
  ["a stale socket", () => stale(at("stale"))],
  ["a file for a socket", () => written("file", "")],
  ["a directory for a socket", () => table.workplace],
  ["a link to nothing for a socket", () => linked("link", at("none"))],
  ["a socket path of 200 bytes", () => at("n".repeat(200))],
];
for (const [name, path] of elsewhere) {
  table.row(`${name}: ping`, 3, (d) => d.hostctlWith({ socket: path() }, "ping"));
  table.row(`${name}: container status`, 3, (d) => d.hostctlWith({ socket: path() }, "container", "status"));
}
table.row(
  "another user",
  3,
  async (d) => {
    const command = `exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$0" --socket-path "$1" ping`;
    chmodSync(d.directory, 0o755);
    return await run(["sh", "-c", command, ...program("hostctl").slice(0, 1), d.socket]);
  },
  { unless: [isRoot ? undefined : "it needs root", needsTools("setpriv")] },
);

function stale(path: string): string {
  Bun.spawnSync(["rm", "-f", path]);
  // The process ends without taking its socket away.
  const script = `Bun.listen({unix: process.argv[1], socket: {data() {}}}); process.kill(process.pid, "SIGKILL")`;
  Bun.spawnSync([process.execPath, "-e", script, path], { env: environment });
  return path;
}
function written(name: string, text: string): string {
  writeFileSync(at(name), text);
  return at(name);
}
function linked(name: string, target: string): string {
  Bun.spawnSync(["rm", "-f", at(name)]);
  symlinkSync(target, at(name));
  return at(name);
}

mkdirSync(at("directory.toml"));
const configurations: readonly (readonly [name: string, text: string | undefined])[] = [
  ["a file that is not there", undefined],
  ["not TOML", "socket = \n"],
  ["an unknown key", 'sockett = "/run/x"\n'],
  ["an unknown table", "[limit]\n"],
  ["an unknown limit", "[limits]\nimage_byte_max = 1\n"],
  ["a relative path", 'state_dir = "state"\n'],
  ["a number for a path", "state_dir = 1\n"],
  ["a negative limit", "[limits]\nimage_bytes_max = -1\n"],
  ["a limit that is text", '[limits]\nimage_bytes_max = "8 GiB"\n'],
  ["no entries at all", "[limits]\nentries_max = 0\n"],
  ["a timeout without a unit", '[limits]\nstall_timeout = "60"\n'],
  ["an unknown power driver", '[power]\ndriver = "acpi"\n'],
  ["a command for another driver", '[power]\nreboot = ["reboot"]\n'],
  ["an empty command", '[power]\ndriver = "command"\nreboot = []\n'],
  ["an unknown group of calls", '[containers.edge]\nallow = ["powr"]\n'],
  ["a bad container name", "[containers.no_body]\n"],
  ["a key given twice", 'socket = "/a"\nsocket = "/b"\n'],
  ["binary", "\u0000\u0001\u0002"],
];
for (const [name, text] of configurations) {
  table.row(`configuration: ${name}`, 1, () => {
    const path = at(`${name.replaceAll(" ", "-")}.toml`);
    if (text !== undefined) writeFileSync(path, text);
    return hostService("check-config", "--config", path);
  });
}
table.row("configuration: a directory", 1, () => hostService("check-config", "--config", at("directory.toml")));

/** A daemon that does not start: why, in its log, and no socket that it leaves. */
function daemon(name: string, spoil: (device: Device) => Promise<void> | void): void {
  table.row(`daemon: ${name}`, 1, async () => {
    const device = await Device.make();
    try {
      await spoil(device);
      const { exitCode, stderr } = await run([...program("host-service"), "--config", device.configuration]);
      const line = stderr
        .trim()
        .replace(/^\[error\]\s*/u, "")
        .replaceAll(device.directory, "$OTHER");
      const left = await Promise.all([device.socket, device.socketOf("edge")].map((path) => Bun.file(path).exists()));
      expect(left.filter((exists) => exists)).toEqual([]);
      return { exitCode, stdout: `${line.trim()}\n`, stderr: "" };
    } finally {
      await device.cleanUp();
    }
  });
}
daemon("an unknown key", (d) => writeFileSync(d.configuration, "sockett = 1\n"));
daemon("a file where the state should be", (d) => writeFileSync(d.paths.stateDirectory, ""));
daemon("a file where the run directory should be", (d) => writeFileSync(d.paths.runDirectory, ""));
daemon("a directory where the socket should be", (d) => {
  mkdirSync(d.socket);
});
daemon("a socket path of 200 bytes", (d) =>
  writeFileSync(
    d.configuration,
    `socket = "${d.directory}/${"n".repeat(200)}"\nstate_dir = "${d.paths.stateDirectory}"\nrun_dir = "${d.paths.runDirectory}"\n`,
  ),
);

table.row("seed: beside a daemon", 1, (d) => d.seed(goodImage().config, goodImage().rootfs));
/** A seed is made before there is a daemon, so these have a state of their own. */
const seed = (...words: string[]): Promise<Answer> => {
  writeFileSync(at("seed.toml"), `state_dir = "${at("seeded")}"\nrun_dir = "${at("seeded-run")}"\n`);
  return hostService("seed", "--config", at("seed.toml"), ...words);
};
const { config, rootfs } = goodImage();
table.row("seed: a missing file", 1, () => seed(config, "/nowhere.tar"));
table.row("seed: a bad name", 1, () => seed("--name", "no_body", config, rootfs));
table.row("seed: over what is there", 1, async () => {
  worked(await seed(config, rootfs));
  return await seed(config, rootfs);
});
table.complete();
