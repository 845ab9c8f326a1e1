// Who is answered, with real namespaces: G46 to G51 and G56.
import { expect, test } from "bun:test";
import { flavours } from "../../source/index.ts";
import type { Flavour } from "../../source/index.ts";
import { refusalOf } from "../../source/identity/judge.ts";
import { rootUid, startTime } from "../../source/identity/processes.ts";
import { askAs, Container, containerNeeds } from "../kit/container.ts";
import type { Fixture } from "../kit/fixture.ts";
import { withFixture } from "../kit/on-both.ts";

if (containerNeeds !== undefined) console.info(`skipped: tests of callers in namespaces need ${containerNeeds}`);

const request = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
const own = request("/1.0/config/user.foo");
const asUser = "setpriv --reuid 1000 --regid 1000 --clear-groups";

/** "200 bar" */
function told(answer: string): string {
  return `${answer.split(" ")[1]} ${answer.slice(answer.indexOf("\r\n\r\n") + 4)}`;
}

function inContainer(name: string, use: (fixture: Fixture, container: Container) => Promise<void>): void {
  for (const flavour of flavours) {
    test.skipIf(containerNeeds !== undefined)(`${name} (${flavour})`, () => withContainer(flavour, use), 30_000);
  }
}

async function withContainer(
  flavour: Flavour,
  use: (fixture: Fixture, container: Container) => Promise<void>,
): Promise<void> {
  const container = await Container.start();
  try {
    const membership = { kind: "init", find: () => container.init } as const;
    await withFixture(flavour, async (fixture) => (fixture.openToAll(), await use(fixture, container)), { membership });
  } finally {
    await container.stop();
  }
}

const outside = "500 pid not in container?\n";

inContainer(
  "G46: a process of the host, and one in a namespace below the container's from outside",
  async ({ path }, container) => {
    expect(told(await askAs({ command: [] }, path, own))).toBe(outside);
    expect(told(await askAs({ command: container.exec("unshare", "-p", "-f") }, path, own))).toBe(outside);
  },
);

inContainer(
  "G47: an exec, a child of init, root of a namespace of its own; and no other user",
  async ({ path }, container) => {
    expect(told(await askAs({ command: container.exec() }, path, own))).toBe("200 bar");
    expect(told(await container.runInside(path, own))).toBe("200 bar");
    expect(told(await container.runInside(path, own, "unshare -Ur"))).toBe("200 bar");
    expect(told(await container.runInside(path, own, "unshare -p -f"))).toBe("200 bar");
    const denied = "401 Access denied for non-root user\n";
    expect(told(await container.runInside(path, own, asUser))).toBe(denied);
    expect(told(await container.runInside(path, own, `${asUser} unshare -Ur`))).toBe(denied);
  },
);

inContainer("G48: the process that connected has ended, and its child asks", async ({ path }, container) => {
  const answer = told(await askAs({ command: container.exec(), how: "orphaned" }, path, own));
  expect(answer).toMatch(/^500 open \/proc\/\d+\/cmdline: no such file or directory\n$/u);
});

inContainer("G49: whatever a process calls itself, it gets its own container's data", async ({ path }, container) => {
  const wrapper = `bash -c 'exec -a "[lxc monitor] /var/lib/lxc other" "$@"' bash`;
  expect(told(await container.runInside(path, own, wrapper))).toBe("200 bar");
  const liar = await askAs(
    { command: ["bash", "-c", 'exec -a "[lxc monitor] /var/lib/incus/containers c1" "$@"', "bash"] },
    path,
    own,
  );
  expect(told(liar)).toBe(outside);
});

inContainer(
  "G50: the socket of another container gives nothing, nor does a descriptor that came from outside",
  async (fixture, own1) => {
    const other = await Container.start();
    try {
      expect(told(await other.runInside(fixture.path, own))).toBe(outside);
      expect(told(await askAs({ command: other.exec() }, fixture.path, own))).toBe(outside);
      // A descriptor is who connected, whoever holds it: this one was connected by a process of the host, and its child is in the container.
      const handed = await askAs({ command: [], how: { execAs: own1.exec() } }, fixture.path, own);
      expect(told(handed)).toBe(outside);
    } finally {
      await other.stop();
    }
  },
);

inContainer("G51: a container that has ended has no members, whoever has its numbers", async ({ path }, container) => {
  expect(told(await container.runInside(path, own))).toBe("200 bar");
  const { init } = container;
  await container.stop();
  expect(rootUid(init)).toBeUndefined();
  expect(told(await askAs({ command: [] }, path, own))).toBe(outside);
});

inContainer("G56: path before caller, caller before key", async ({ path }, container) => {
  expect(told(await container.runInside(path, request("/1.0/config/security.x"), asUser))).toStartWith("401 ");
  expect(told(await askAs({ command: [] }, path, request("/1.0/nope")))).toBe("404 404 page not found\n");
  expect(told(await askAs({ command: [] }, path, request("//")))).toStartWith("301 ");
});

test("G51: refusalOf refuses a peer whose process is not there any more, also when its number is somebody else's", () => {
  const root = { kind: "host-root" } as const;
  const uid = process.geteuid?.() ?? 0;
  // Our own number, as if it had been given to us after the peer had ended.
  const message = `open /proc/${process.pid}/cmdline: no such file or directory`;
  expect(refusalOf({ pid: process.pid, uid, processFd: undefined }, root)).toEqual({ status: 500, message });
  expect(refusalOf({ pid: 0, uid, processFd: undefined }, root)).toEqual({
    status: 500,
    message: "pid not in container?",
  });
});

test("startTime tells a process apart from one with the same number, whatever its name holds", async () => {
  const child = Bun.spawn(["bash", "-c", 'printf "a) R 1 1 1 (" > /proc/self/comm; echo $$; exec 1>&-; read line'], {
    stdin: "pipe",
    stdout: "pipe",
  });
  const pid = Number((await new Response(child.stdout).text()).trim());
  expect(pid).toBe(child.pid);
  expect(startTime(pid)).toMatch(/^\d+$/u);
  expect(Number(startTime(pid))).toBeGreaterThanOrEqual(Number(startTime(process.pid)));
  child.kill();
  await child.exited;
  expect(startTime(pid)).toBeUndefined();
});
