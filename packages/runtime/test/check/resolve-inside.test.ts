import { afterAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveInside } from "../../source/index.ts";

const directory = await realpath(await mkdtemp(join(tmpdir(), "hs-inside-")));
afterAll(() => rm(directory, { recursive: true }));

const root = join(directory, "root");
const at = (...names: string[]) => join(root, ...names);
await mkdir(at("usr", "lib", "systemd"), { recursive: true });
await mkdir(at("etc"));
await writeFile(at("usr", "lib", "systemd", "systemd"), "");
await writeFile(join(directory, "secret"), "of the host");
await writeFile(at("secret"), "of the image");
const links: Record<string, string> = {
  lib: "usr/lib",
  sbin: "/usr/sbin",
  "usr/sbin": "lib",
  init: "/lib/systemd/systemd",
  up: "../../../../../secret",
  absolute: "/secret",
  top: "/..",
  dangling: "/nowhere",
  loop: "loop",
  host: directory,
};
for (const [name, target] of Object.entries(links)) await symlink(target, at(name));

const paths = (path: string) => resolveInside(root, path)?.path;

test("resolveInside follows links as if the tree's top were the root", () => {
  expect(paths("/usr/lib/systemd/systemd")).toBe("/usr/lib/systemd/systemd");
  expect(paths("/init")).toBe("/usr/lib/systemd/systemd");
  expect(paths("sbin/systemd/systemd")).toBe("/usr/lib/systemd/systemd");
  expect(paths("/")).toBe("/");
  expect(resolveInside(root, "/init")?.hostPath).toBe(at("usr", "lib", "systemd", "systemd"));
});

test("resolveInside never leaves the tree, and says nothing where there is nothing", () => {
  expect(paths("/up")).toBe("/secret");
  expect(paths("/../../secret")).toBe("/secret");
  expect(paths("/absolute")).toBe("/secret");
  expect(paths("/top/secret")).toBe("/secret");
  expect(paths("/host/secret")).toBeUndefined();
  expect(["/dangling", "/loop", "/nowhere", "/secret/below", `/${"x".repeat(300)}`].map(paths)).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
});
