import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { commandInside, initBelow } from "../../source/units/inside.ts";
import { until } from "./systemd.ts";

setDefaultTimeout(60_000);

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.info("skipped: commands inside a container: they need root, to make and to enter namespaces");

const inNamespaces = ["unshare", "--fork", "--pid", "--mount-proc", "--uts", "--ipc", "--kill-child"];

async function withContainer(command: readonly string[], use: (pid: number) => Promise<void>): Promise<void> {
  const child = Bun.spawn([...command, "sh", "-c", "hostname inside; exec sleep 1000"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    // Before that, the commands in front of it may not have done all of their work.
    await until("its init has come up", () => nameOf(initBelow(child.pid)) === "sleep");
    await use(child.pid);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

function nameOf(pid: number | undefined): string | undefined {
  try {
    return pid === undefined ? undefined : readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    // It ended, or became another one, between the two looks.
    return undefined;
  }
}

async function said(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return (output + errors).trim();
}

test.skipIf(!isRoot)("commandInside runs in the namespaces and in the cgroup of the container's init", () =>
  withContainer(inNamespaces, async (pid) => {
    const init = initBelow(pid);
    expect(await said(commandInside("edge", pid, ["hostname"]))).toBe("inside");
    const words = await said(
      commandInside("edge", pid, ["sh", "-c", "echo $(cat /proc/1/comm) $(readlink /proc/self/ns/pid)"]),
    );
    expect(words).toBe(`sleep ${await said(["readlink", `/proc/${init}/ns/pid`])}`);
    const own = /^0::.*$/m.exec(await Bun.file(`/proc/${init}/cgroup`).text())?.[0];
    if (own !== undefined) expect(await said(commandInside("edge", pid, ["cat", "/proc/self/cgroup"]))).toContain(own);
  }),
);

test.skipIf(!isRoot)("commandInside gives no capability that the init could not have", () =>
  withContainer([...inNamespaces, "setpriv", "--bounding-set=-sys_time,-mknod"], async (pid) => {
    const bounding = async (of: string) => /CapBnd:\s*(\S+)/.exec(await Bun.file(of).text())?.[1];
    const status = await said(commandInside("edge", pid, ["cat", "/proc/self/status"]));
    expect(/CapBnd:\s*(\S+)/.exec(status)?.[1]).toBe(await bounding(`/proc/${initBelow(pid)}/status`));
    expect(await bounding(`/proc/${initBelow(pid)}/status`)).not.toBe(await bounding("/proc/self/status"));
  }),
);

test.skipIf(!isRoot)("commandInside enters a user namespace, as its root", () =>
  withContainer(["unshare", "--user", "--map-root-user", ...inNamespaces.slice(1)], async (pid) => {
    const words = await said(commandInside("edge", pid, ["sh", "-c", "id -u; cat /proc/self/uid_map"]));
    expect(words).toMatch(/^0\n\s+0\s+\d+\s+1$/);
  }),
);

test("a container whose init is not there has nothing that a command could run in", () => {
  expect(() => commandInside("edge", process.pid, ["true"])).toThrow(
    'Cannot run a command in "edge": its init has not come up; wait for it',
  );
});
