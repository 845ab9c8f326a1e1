// Confines itself as the arguments say and prints what it then can and cannot do, as JSON.
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import {
  capability,
  chroot,
  confineCapabilities,
  denySystemCalls,
  DiskError,
  dropCapabilities,
  execute,
  mkdirAt,
  noNewPrivileges,
  O_DIRECTORY,
  O_RDONLY,
} from "@host-service/disk";

const [step, directory] = process.argv.slice(2);
if (step === undefined || directory === undefined) throw new Error("usage: jailed.ts STEP DIRECTORY");
const kept = [capability.CHOWN, capability.FOWNER, capability.SYS_CHROOT];

const statusFiles = () =>
  readdirSync("/proc/self/task").map((thread) => openSync(`/proc/self/task/${thread}/status`, O_RDONLY));

function fieldsOf(fd: number): Record<string, string> {
  const text = Buffer.alloc(8192);
  const bytes = readSync(fd, text, 0, text.byteLength, 0);
  const fields = [...text.toString("latin1", 0, bytes).matchAll(/^(NoNewPrivs|Seccomp|CapEff|CapBnd):\s*(\w+)$/gm)];
  return Object.fromEntries(fields.map(([, name, text]) => [name, text]));
}

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "done";
  } catch (error) {
    return error instanceof DiskError || (error instanceof Error && "code" in error) ? String(error.code) : "?";
  }
};

// More threads than the first: the pool of node:fs has started when this is over.
await Bun.file("/proc/self/status").text();

if (step === "filter") {
  const files = statusFiles();
  denySystemCalls(["mkdirat", "execve", "ptrace"]);
  const denied = codeOf(() => mkdirAt(-100, `${directory}/made`, 0o755));
  console.log(
    JSON.stringify({
      denied,
      started: spawnSync("/bin/true").error === undefined,
      allowed: codeOf(() => closeSync(openSync("/proc/self/status", O_RDONLY))),
      threads: files.map(fieldsOf),
    }),
  );
} else if (step === "privileges") {
  noNewPrivileges();
  console.log(JSON.stringify(fieldsOf(openSync("/proc/thread-self/status", O_RDONLY))));
} else if (step === "root") {
  confineCapabilities(kept);
  execute(process.execPath, [process.execPath, import.meta.path, "jail", directory], {});
} else if (step === "jail") {
  const files = statusFiles();
  chroot(openSync(directory, O_RDONLY | O_DIRECTORY));
  const own = files[0];
  if (own === undefined) throw new Error("no thread");
  dropCapabilities([capability.CHOWN, capability.FOWNER]);
  denySystemCalls(["chroot", "execve"]);
  console.log(
    JSON.stringify({
      names: readdirSync("/"),
      outside: codeOf(() => readFileSync("/etc/passwd")),
      above: readdirSync("/../.."),
      again: codeOf(() => chroot(openSync("/", O_RDONLY | O_DIRECTORY))),
      made: codeOf(() => mkdirSync("/made")),
      main: fieldsOf(own),
      threads: files.map(fieldsOf),
    }),
  );
}
