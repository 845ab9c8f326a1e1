// A real LXD with one container, apart from one that the machine may have: its state, its mounts and its sockets are its own.
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { atEnd } from "./cleanup.ts";
import { findProgram, run, shell, shellNow } from "./run.ts";

export interface Lxd {
  readonly version: string;
  /** The first process of its container, on the host. */
  readonly containerPid: number;
  /** The socket as the container has it. */
  readonly socket: string;
  /** What a program of the host prints that the container's first process runs. */
  inside(command: readonly string[]): Promise<string>;
  end(): void;
}

const startTimeMaxMs = 30_000;
const name = "hs-bench";
/** Where the container has the host's files. */
const host = "/mnt/host";

/** Undefined where it is not installed. Its container is a shell whose root is the host's, with `config`, that runs what it is told. */
export async function startLxd(below: string, config: Readonly<Record<string, string>>): Promise<Lxd | undefined> {
  const [program, client] = [findProgram("lxd"), findProgram("lxc")];
  if (program === undefined || client === undefined) return undefined;
  const directory = path.join(below, "lxd");
  mkdirSync(directory);
  const ask = (...words: string[]) => run(["env", `LXD_DIR=${directory}`, `HOME=${below}`, client, ...words]);
  const daemon = Bun.spawn(["unshare", "--mount", "--propagation=private", program], {
    env: { LXD_DIR: directory, PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const end = atEnd(() => {
    shellNow('LXD_DIR="$1" HOME="$2" lxc delete --force "$3" >/dev/null 2>&1 || true', directory, below, name);
    daemon.kill("SIGKILL");
    // What LXC leaves where its monitor was; one that is in use stays.
    shellNow("find /sys/fs/cgroup -maxdepth 2 -name lxc.pivot -exec rmdir {} + >/dev/null 2>&1 || true");
  });
  await answers(() => ask("query", "/1.0"), daemon);
  await ask("image", "import", await makeImage(below), "--alias=shell");
  await ask("storage", "create", "default", "dir");
  await ask("profile", "device", "add", "default", "root", "disk", "path=/", "pool=default");
  const keys = Object.entries({ "security.privileged": "true", ...config });
  await run(["mkfifo", ...["commands", "answers"].map((pipe) => path.join(below, pipe))]);
  await ask("init", "shell", name, ...keys.map(([key, value]) => `--config=${key}=${value}`));
  await ask("config", "device", "add", name, "host", "disk", "source=/", `path=${host}`, "recursive=true");
  await ask("start", name);
  const containerPid = Number(/^PID: (\d+)$/mu.exec(await ask("info", name))?.[1]);
  const socket = path.join(`/proc/${containerPid}`, "root", "dev/lxd/sock");
  if (!existsSync(socket)) throw new Error("Cannot start LXD's container: it has no socket");
  const version = (await run([program, "--version"])).trim();
  const inside = (command: readonly string[]) =>
    shell('echo "$1" >"$2/commands"; cat "$2/answers"', command.join(" "), below);
  return { version, containerPid, socket, inside, end };
}

/** A shell, a `chroot` and what they load: a program that it starts descends from the container's first process, as any other of a guest. */
async function makeImage(below: string): Promise<string> {
  const directory = path.join(below, "lxd-image");
  const tree = path.join(directory, "rootfs");
  for (const one of ["bin", "sbin", "usr/sbin", "dev", "etc", "proc", "run", "sys", "tmp"]) {
    mkdirSync(path.join(tree, one), { recursive: true });
  }
  const programs = ["/bin/sh", "/usr/sbin/chroot"];
  const libraries = (await run(["ldd", ...programs])).match(/\/lib\S+(?= \()/gu) ?? [];
  for (const file of new Set([...programs, ...libraries])) {
    mkdirSync(path.join(tree, path.dirname(file)), { recursive: true });
    copyFileSync(file, path.join(tree, file));
  }
  const loop = `while read -r line <"$at/commands"; do chroot ${host} sh -c "$line" >"$at/answers" 2>&1; done`;
  writeFileSync(path.join(tree, "sbin/init"), `#!/bin/sh\nat=${host}${below}\n${loop}\n`);
  chmodSync(path.join(tree, "sbin/init"), 0o755);
  writeFileSync(path.join(directory, "metadata.yaml"), "architecture: x86_64\ncreation_date: 1\nproperties: {}\n");
  const archive = `${directory}.tar.gz`;
  await run(["tar", "-C", directory, "-czf", archive, "metadata.yaml", "rootfs"]);
  return archive;
}

async function answers(ask: () => Promise<string>, daemon: Bun.Subprocess): Promise<void> {
  const until = performance.now() + startTimeMaxMs;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (daemon.exitCode !== null || performance.now() > until) throw error;
      await Bun.sleep(50);
    }
  }
}
