// A host on which nothing is wrong: files of a directory, small programs on a path of their own, and a state. Tests break one thing each.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Finding } from "@host-service/protocol";
import type { Configuration } from "../../source/configuration/configuration.ts";
import { parseConfiguration } from "../../source/configuration/configuration.ts";
import type { World } from "../../source/doctor/world.ts";

export class HealthyHost {
  readonly directory: string;
  world: World;

  private constructor(directory: string) {
    this.directory = directory;
    this.world = {
      root: join(directory, "root"),
      environment: { PATH: join(directory, "bin") },
      now: new Date("2026-11-25T12:00:00Z"),
      bootId: "boot-1",
      program: ["/usr/bin/host-service"],
      knows: () => true,
      daemon: { operations: 0 },
    };
  }

  static async make(): Promise<HealthyHost> {
    const host = new HealthyHost(await mkdtemp(join(tmpdir(), "doctor-")));
    for (const [name, text] of Object.entries(files)) await host.write(name, text);
    for (const [name, script] of Object.entries(programs)) await host.program(name, script);
    await mkdir(join(host.stateDirectory, "inbox"), { recursive: true });
    await chmod(host.stateDirectory, 0o700);
    return host;
  }

  get stateDirectory(): string {
    return join(this.directory, "state");
  }

  async write(name: string, text: string): Promise<void> {
    const path = join(this.world.root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  async lose(name: string): Promise<void> {
    await rm(join(this.world.root, name), { recursive: true });
  }

  async program(name: string, script: string): Promise<void> {
    const path = join(this.directory, "bin", name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`, { mode: 0o755 });
  }

  async loseProgram(name: string): Promise<void> {
    await rm(join(this.directory, "bin", name));
  }

  configuration(more = ""): Configuration {
    const at = (name: string) => JSON.stringify(join(this.directory, name));
    const limits = more.includes("[limits]") ? "" : "[limits]\nreserve_bytes = 0\n";
    const text = `socket = ${at("socket")}\nrun_dir = ${at("run")}\nstate_dir = ${at("state")}\n${limits}${more}`;
    return parseConfiguration(text, join(this.directory, "config.toml"));
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}

export async function onHealthyHost(story: (host: HealthyHost) => Promise<void>): Promise<void> {
  const host = await HealthyHost.make();
  try {
    await story(host);
  } finally {
    await host.remove();
  }
}

/** "warning: kernel: why -> next step", for one check; the directory of the test is written as "…". */
export function told(findings: readonly Finding[], check: string, host: HealthyHost): string {
  const lines = findings
    .filter((finding) => finding.check === check)
    .map(({ status, message, next }) => `${status}: ${message}${next === undefined ? "" : ` -> ${next}`}`);
  return lines.join("\n").replaceAll(host.directory, "…");
}

/** The checks that are not ok. */
export function notOk(findings: readonly Finding[]): string[] {
  return findings.filter(({ status }) => status !== "ok").map(({ check }) => check);
}

const files = {
  "proc/sys/kernel/osrelease": "6.1.0-30-amd64\n",
  "proc/filesystems": "nodev\tproc\nnodev\toverlay\n\text4\n",
  "proc/sys/user/max_user_namespaces": "63423\n",
  "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
  "proc/self/limits":
    "Limit                     Soft Limit           Hard Limit           Units\nMax open files            65536                65536                files\n",
  "run/systemd/system/.keep": "",
  "usr/share/dbus-1/system-services/org.freedesktop.machine1.service": "",
  "usr/share/dbus-1/system-services/org.freedesktop.portable1.service": "",
};

const programs = {
  xz: "exit 0",
  "systemd-nspawn": 'echo "systemd 252 (252.39)"; echo "+PAM"',
  "lxc-start": "echo 5.0.2",
  systemctl: "printf 'LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\nResult=success\\n'",
};
