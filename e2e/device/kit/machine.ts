// One boot of a device: systemd-nspawn, and the guest's systemd as its process 1.
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { environment } from "../../kit/program.ts";
import { isAlive } from "../../kit/processes.ts";
import type { Answer, RunOptions } from "../../kit/run.ts";
import { run } from "../../kit/run.ts";
import { until } from "../../kit/until.ts";
import type { Enclosure } from "./enclosure.ts";
import { descendantsOf, pidsInNamespaces } from "./process-tree.ts";

/** systemd-nspawn's exit status when the guest asked for a reboot. */
export const rebootStatus = 133;

const insideEnvironment = { ...environment, HOME: "/root", TERM: "dumb" };

export class Machine {
  readonly #enclosure: Enclosure;
  readonly #nspawn: Bun.Subprocess;
  readonly #cgroup: string;
  readonly leader: number;

  private constructor(enclosure: Enclosure, parts: { nspawn: Bun.Subprocess; cgroup: string; leader: number }) {
    this.#enclosure = enclosure;
    this.#nspawn = parts.nspawn;
    this.#cgroup = parts.cgroup;
    this.leader = parts.leader;
  }

  /** Answers as soon as process 1 is systemd. `binds` are systemd-nspawn's. */
  static async start(enclosure: Enclosure, binds: readonly string[]): Promise<Machine> {
    const cgroup = `${enclosure.group}/boot`;
    await mkdir(enclosure.reach(cgroup));
    const joinGroup = 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"';
    const command = nspawnCommand(enclosure.inner("root"), binds);
    const console = openSync(enclosure.at("console.log"), "a");
    const nspawn = Bun.spawn(
      // The machine ends with the tests, in whatever way they end; a Ctrl-C is not for it.
      ["setpriv", "--pdeathsig", "KILL", ...enclosure.enter(["/bin/sh", "-c", joinGroup, "sh", cgroup, ...command])],
      {
        env: { ...environment, SYSTEMD_NSPAWN_API_VFS_WRITABLE: "yes" },
        cwd: "/",
        detached: true,
        stdio: ["ignore", console, console],
      },
    );
    closeSync(console);
    const leader = await until("the device's process 1 is systemd", async () => {
      if (nspawn.exitCode !== null) throw new Error(`Cannot boot the device: ${await logOf(enclosure)}`);
      return await systemdBelow(nspawn.pid);
    }).catch((error: unknown) => {
      nspawn.kill("SIGKILL");
      throw error;
    });
    return new Machine(enclosure, { nspawn, cgroup, leader });
  }

  get isUp(): boolean {
    return this.#nspawn.exitCode === null && this.#nspawn.signalCode === null;
  }

  /** The argv that runs a command on the device, in all of process 1's namespaces. */
  enter(command: readonly string[], leader = this.leader): string[] {
    return ["nsenter", "--all", "--root", "--wd", `--target=${leader}`, ...command];
  }

  async run(command: readonly string[], options: RunOptions & { leader?: number } = {}): Promise<Answer> {
    const argv = this.enter(command, options.leader);
    return await run(argv, { ...options, cwd: "/", env: { ...insideEnvironment, ...options.env } });
  }

  /** The power goes: process 1 is killed, and everything else of the machine with it. */
  async cut(): Promise<void> {
    process.kill(this.leader, "SIGKILL");
    await this.ended();
  }

  /** Waits for its end; true where it wants to be started again. */
  async ended(): Promise<boolean> {
    await until("the device has gone down", () => !this.isUp, 90_000);
    await until("its processes are gone", async () => !(await isAlive(this.leader)));
    await until("its control groups are free", () => removeGroups(this.#enclosure.reach(this.#cgroup)));
    return this.#nspawn.exitCode === rebootStatus;
  }
}

function nspawnCommand(root: string, binds: readonly string[]): string[] {
  // Containers inside need all capabilities; bpf is for their device rules. The last word is systemd's: what it says goes to the journal alone.
  const words =
    `--quiet --register=no --keep-unit --boot --settings=no --machine=device --console=pipe --link-journal=no
    --resolv-conf=off --timezone=off --private-network --capability=all --system-call-filter=bpf`.split(/\s+/);
  const places = [`--directory=${root}`, ...binds.map((bind) => `--bind=${bind}`)];
  return ["systemd-nspawn", ...words, ...places, "systemd.log_target=journal"];
}

async function systemdBelow(pid: number): Promise<number | undefined> {
  for (const found of await descendantsOf(pid)) {
    const name = await readFile(`/proc/${found}/comm`, "utf8").catch(() => "");
    if (name === "systemd\n" && (await pidsInNamespaces(found)).at(-1) === 1) return found;
  }
  return undefined;
}

/** Innermost first; false while something is in one of them. */
async function removeGroups(directory: string): Promise<boolean> {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory() && !(await removeGroups(join(directory, entry.name)))) return false;
  }
  return await rmdir(directory).then(
    () => true,
    () => false,
  );
}

async function logOf(enclosure: Enclosure): Promise<string> {
  return (await readFile(enclosure.at("console.log"), "utf8")).slice(-2000);
}
