import { expect, test } from "bun:test";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { giveSockets, makeHostDirectory } from "../../source/host-directory/host-directory.ts";
import { hostFilesOf } from "../../source/host-directory/host-files.ts";

function temporary(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "runtime-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const made = { hostctl: "-644", incus: "d755", lib: "d755", lxd: "d755" };

function look(directory: string): Record<string, string> {
  const describe = (name: string) => {
    const status = lstatSync(join(directory, name));
    const type = status.isDirectory() ? "d" : status.isFile() ? "-" : status.isSymbolicLink() ? "l" : "?";
    return [name, `${type}${(status.mode & 0o777).toString(8)}`];
  };
  return Object.fromEntries(readdirSync(directory).toSorted().map(describe));
}

test("makeHostDirectory makes what is missing, and leaves what is right as it is", async () => {
  using run = temporary();
  await makeHostDirectory({ runDirectory: run.path, name: "edge" });
  expect(look(join(run.path, "edge"))).toEqual(made);
  writeFileSync(join(run.path, "edge/incus/sock"), "");
  await makeHostDirectory({ runDirectory: run.path, name: "edge" });
  expect(look(join(run.path, "edge"))).toEqual(made);
  expect(existsSync(join(run.path, "edge/incus/sock"))).toBe(true);
});

test("makeHostDirectory follows nothing that a container put there, and takes it away", async () => {
  using run = temporary();
  const [edge, outside] = [join(run.path, "edge"), join(run.path, "outside")];
  mkdirSync(outside);
  writeFileSync(join(outside, "file"), "untouched");
  mkdirSync(join(edge, "hostctl/deep"), { recursive: true });
  symlinkSync(outside, join(edge, "hostctl/deep/link"));
  symlinkSync(outside, join(edge, "incus"));
  symlinkSync(join(outside, "new"), join(edge, "lib"));
  writeFileSync(join(edge, "lxd"), "a file");
  await makeHostDirectory({ runDirectory: run.path, name: "edge" });
  expect(look(edge)).toEqual(made);
  expect(readdirSync(outside)).toEqual(["file"]);
  expect(readFileSync(join(outside, "file"), "utf8")).toBe("untouched");
});

test("makeHostDirectory: two at once are as good as one", async () => {
  using run = temporary();
  const options = { runDirectory: run.path, name: "edge" };
  await Promise.all(Array.from({ length: 8 }, () => makeHostDirectory(options)));
  expect(look(join(run.path, "edge"))).toEqual(made);
});

test("hostFilesOf: where the package puts the program, beside it, and the program alone", () => {
  using top = temporary();
  mkdirSync(join(top.path, "lib"));
  const inLibrary = join(top.path, "lib/hostctl");
  writeFileSync(inLibrary, "");
  expect(hostFilesOf(inLibrary)).toEqual({ launcher: inLibrary, library: undefined });
  writeFileSync(join(top.path, "hostctl"), "");
  expect(hostFilesOf(inLibrary)).toEqual({ launcher: join(top.path, "hostctl"), library: join(top.path, "lib") });
  const beside = join(top.path, "host-service");
  expect(hostFilesOf(beside)).toEqual({ launcher: beside, library: undefined });
  writeFileSync(join(top.path, "hostctl-launcher"), "");
  const found = { launcher: join(top.path, "hostctl-launcher"), library: join(top.path, "lib") };
  expect(hostFilesOf(beside)).toEqual(found);
});

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("skipped: giving a socket to another user takes root");

test.skipIf(!isRoot)(
  "giveSockets gives what has a foreign owner to the container's root, and nothing but sockets",
  async () => {
    using run = temporary();
    const edge = join(run.path, "edge");
    mkdirSync(edge);
    const listener = Bun.listen({ unix: join(edge, "host-service"), socket: { data() {} } });
    const outside = join(run.path, "outside");
    writeFileSync(outside, "");
    symlinkSync(outside, join(edge, "host-service.peer"));
    const owners = () => ["host-service", "host-service.peer"].map((name) => lstatSync(join(edge, name)).uid);
    const give = (ids: { base: number; count: number } | undefined) =>
      giveSockets({ runDirectory: run.path, name: "edge" }, ids);
    try {
      const ids = { base: 524_288, count: 65_536 };
      await give(ids);
      expect([...owners(), lstatSync(outside).uid]).toEqual([524_288, 0, 0]);
      // The container gave it to a user of its own.
      chownSync(join(edge, "host-service"), 524_288 + 1000, 524_288 + 1000);
      await give(ids);
      expect(owners()).toEqual([525_288, 0]);
      await give(undefined);
      expect(owners()).toEqual([0, 0]);
    } finally {
      listener.stop(true);
    }
  },
);
