// A real sshd on a port of the loopback interface, with a configuration, a host key and an authorised key of its own, and an ssh that has a
// configuration of its own. Nothing of the machine's own ssh is read or changed.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment } from "./program.ts";
import { childrenOf } from "./processes.ts";
import { must } from "./run.ts";
import { until } from "./until.ts";

const sshdPath = "/usr/sbin/sshd";

export class SshServer {
  readonly directory: string;
  readonly port: number;
  readonly #process: Bun.Subprocess;

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.port = port;
    this.#process = Bun.spawn([sshdPath, "-D", "-e", "-f", join(directory, "sshd_config")], {
      stdin: "ignore",
      stdout: Bun.file(join(directory, "sshd.log")),
      stderr: Bun.file(join(directory, "sshd.err")),
    });
  }

  static async start(): Promise<SshServer> {
    const directory = await mkdtemp(join(tmpdir(), "hs-sshd-"));
    const at = (name: string) => join(directory, name);
    for (const name of ["host", "user", "stranger"]) {
      await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
    }
    await must(["cp", at("user.pub"), at("authorized_keys")]);
    const port = await freePort();
    // sshd wants it for the process that it does not trust.
    await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    await writeFile(
      at("sshd_config"),
      [
        `ListenAddress 127.0.0.1:${port}`,
        `HostKey ${at("host")}`,
        `AuthorizedKeysFile ${at("authorized_keys")}`,
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin prohibit-password",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        // Without this sshd 9.2 forwards no sockets either.
        "AllowTcpForwarding local",
        "AllowStreamLocalForwarding local",
        "",
      ].join("\n"),
    );
    const server = new SshServer(directory, port);
    await server.#writeClient();
    await until("sshd answers", () => server.#answers());
    return server;
  }

  /** What hostctl needs to find this ssh, and each of its calls in `calls.log`. */
  get env(): Record<string, string> {
    return { PATH: `${join(this.directory, "bin")}:${environment.PATH}`, TMPDIR: join(this.directory, "tmp") };
  }

  /** The processes that serve a connection. */
  async sessions(): Promise<number[]> {
    return (await childrenOf(this.#process.pid)).map(({ pid }) => pid);
  }

  /** What a line that drops is to the client. */
  async dropLines(): Promise<void> {
    for (const pid of await this.sessions()) process.kill(pid, "SIGKILL");
  }

  async stop(): Promise<void> {
    await this.dropLines();
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    await rm(this.directory, { recursive: true, force: true });
  }

  /** "device" is right; the others are wrong in one way each; "shared" has a control connection. */
  async #writeClient(): Promise<void> {
    const at = (name: string) => join(this.directory, name);
    const hostKey = (await Bun.file(at("host.pub")).text()).trim();
    const otherKey = (await Bun.file(at("stranger.pub")).text()).trim();
    await writeFile(at("known_hosts"), `[127.0.0.1]:${this.port} ${hostKey}\n`);
    await writeFile(at("changed_hosts"), `[127.0.0.1]:${this.port} ${otherKey}\n`);
    const host = (name: string, ...lines: string[]) => [`Host ${name}`, ...lines.map((line) => `  ${line}`)];
    await writeFile(
      at("ssh_config"),
      [
        ...host("* !stranger", `IdentityFile ${at("user")}`),
        ...host("closed", "Port 1"),
        ...host("stranger", `IdentityFile ${at("stranger")}`),
        ...host("changed", `UserKnownHostsFile ${at("changed_hosts")}`),
        ...host("shared", "ControlMaster auto", `ControlPath ${at("control")}`, "ControlPersist 60"),
        ...host(
          "*",
          "HostName 127.0.0.1",
          `Port ${this.port}`,
          "User root",
          "IdentitiesOnly yes",
          "IdentityAgent none",
          `UserKnownHostsFile ${at("known_hosts")}`,
          "GlobalKnownHostsFile /dev/null",
          "StrictHostKeyChecking yes",
        ),
        "",
      ].join("\n"),
    );
    await mkdir(at("bin"));
    await mkdir(at("tmp"));
    const real = Bun.which("ssh") ?? "/usr/bin/ssh";
    await writeFile(at("calls.log"), "");
    const script = `#!/bin/sh\necho "$@" >>${at("calls.log")}\nexec ${real} -F ${at("ssh_config")} "$@"\n`;
    await writeFile(at("bin/ssh"), script);
    await chmod(at("bin/ssh"), 0o755);
  }

  async #answers(): Promise<boolean> {
    const child = Bun.spawn(["ssh-keyscan", "-T", "2", "-p", String(this.port), "127.0.0.1"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    return (await child.stdout.text()).includes("ssh-ed25519");
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port");
  return address.port;
}
