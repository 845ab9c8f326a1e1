// A container as far as the guest API knows one: a user namespace whose root is another user of the host's, a process namespace in it, and a first
// process. What runs in it are small programs of python3.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { setTimeout as after } from "node:timers/promises";

export const containerNeeds =
  process.geteuid?.() !== 0
    ? "root"
    : ["unshare", "nsenter", "setpriv", "python3"].find((tool) => Bun.which(tool) === null);

/** The host's number of the container's root. */
const base = 100_000;

/** Makes the namespaces, becomes root in them before it executes anything (or it would lose what it may), and tells the number of the first process. */
const starter = `
import ctypes, os, sys
unshared, mapped = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    if ctypes.CDLL(None).unshare(0x10000000 | 0x20000000) != 0: os._exit(1)
    os.write(unshared[1], b"u")
    os.read(mapped[0], 1)
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    init = os.fork()
    if init == 0: os.execvp("sh", ["sh"])
    sys.stdout.write(str(init) + "\\n")
    sys.stdout.flush()
    os.waitpid(init, 0)
    os._exit(0)
os.read(unshared[0], 1)
for name in "uid_map", "gid_map":
    with open(f"/proc/{child}/{name}", "w") as file: file.write("0 ${base} 65536")
os.write(mapped[1], b"m")
os.waitpid(child, 0)
`;

const client = `
import os, socket, sys, time
path, request, how, *command = sys.argv[1], sys.argv[2].encode("latin1"), *sys.argv[3:]
if how == "inherited": s = socket.socket(fileno=int(path))
else:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(path)
if how == "handing":
    # The one that connected waits, so that it is still there.
    os.set_inheritable(s.fileno(), True)
    words = command + ["python3", "-c", os.environ["CLIENT"], str(s.fileno()), sys.argv[2], "inherited"]
    sys.exit(os.spawnvp(os.P_WAIT, words[0], words))
if how == "orphaned":
    parent = os.getpid()
    if os.fork() != 0: os._exit(0)
    while os.getppid() == parent: time.sleep(0.005)
s.sendall(request)
s.settimeout(5)
got = b""
try:
    while b"\\r\\n\\r\\n" not in got: got += s.recv(65536)
    head, _, body = got.partition(b"\\r\\n\\r\\n")
    length = [int(l.split(b":")[1]) for l in head.split(b"\\r\\n") if l.lower().startswith(b"content-length")]
    while length and len(body) < length[0]:
        more = s.recv(65536)
        body += more
        got += more
except TimeoutError: pass
sys.stdout.write(got.decode("latin1"))
sys.stdout.flush()
`;

export interface Caller {
  /** The command that the client runs under. */
  command: readonly string[];
  /** With `execAs` it hands its connection to a child that runs under that. */
  how?: "plain" | "orphaned" | { execAs: readonly string[] };
}

export class Container {
  readonly init: number;
  readonly #shell: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(shell: ChildProcess, init: number) {
    this.#shell = shell;
    this.#ended = new Promise((resolve) => shell.once("exit", resolve));
    this.init = init;
  }

  static async start(): Promise<Container> {
    const shell = spawn("python3", ["-c", starter], { stdio: ["pipe", "pipe", "inherit"] });
    const line = await new Promise<Buffer>((resolve) => shell.stdout.once("data", resolve));
    return new Container(shell, Number(line.toString("utf8")));
  }

  /** A descendant of the first process. */
  async runInside(path: string, request: string, wrapper = ""): Promise<string> {
    const done = Promise.withResolvers<string>();
    let text = "";
    const take = (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes("\u0000done")) done.resolve(text.slice(0, text.indexOf("\u0000done")));
    };
    this.#shell.stdout?.on("data", take);
    const words = ["python3", "-c", client, path, request, "plain"].map((word) => `'${word.replaceAll("'", `'"'"'`)}'`);
    this.#shell.stdin?.write(`${wrapper} ${words.join(" ")}; printf '\\0done'\n`);
    const answer = await done.promise;
    this.#shell.stdout?.off("data", take);
    return answer;
  }

  /** A process that somebody starts from outside, as an exec does; `more` is what it runs under in there. */
  exec(...more: string[]): readonly string[] {
    return ["nsenter", "-t", String(this.init), "-U", "-p", "-S", "0", "-G", "0", ...more];
  }

  async stop(): Promise<void> {
    // The end of its input ends the first process, and with it everything in there.
    this.#shell.stdin?.end();
    await this.#ended;
  }
}

function howOf({ how = "plain" }: Caller): readonly string[] {
  return typeof how === "string" ? [how] : ["handing", ...how.execAs];
}

/** The bytes of the answer, a character each. */
export async function askAs(caller: Caller, path: string, request: string): Promise<string> {
  const words = [...caller.command, "python3", "-c", client, path, request, ...howOf(caller)];
  const env = { ...process.env, CLIENT: client };
  const child = spawn("env", words, { env, stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Waits for what the kernel does without telling. */
export async function eventually<Found>(look: () => Found | undefined, timeMs = 5000): Promise<Found> {
  for (const end = performance.now() + timeMs; ;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`It did not come about within ${timeMs} ms`);
    await after(5);
  }
}
