// The files stand for the program: what is tested is what becomes of them.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { makePackage } from "../source/make-package.ts";
import { sourceDate } from "../source/source-date.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const missing = ["dpkg-deb", "lintian"].filter((tool) => Bun.which(tool) === null);
const hasPacker = !missing.includes("dpkg-deb");
if (missing.length > 0) console.error(`skipped: makePackage: it needs ${missing.join(", ")}`);

let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "make-package-"));
  await mkdir(path.join(root, "dist/bun-linux-arm64"), { recursive: true });
  for (const name of ["packaging", "README.md", "LICENSE"])
    await symlink(path.join(repository, name), path.join(root, name));
  for (const folder of ["dist", "dist/bun-linux-arm64"]) {
    for (const name of ["hostctl", "hostctl-launcher"]) {
      await writeFile(path.join(root, folder, name), '#!/bin/sh\necho "completions for $2"\n', { mode: 0o700 });
    }
  }
});

afterAll(() => rm(root, { recursive: true }));

async function made(output: string, target?: string) {
  const outputDirectory = path.join(root, output);
  const options = { root, target, version: "1.2.3", compression: "gzip", outputDirectory, sourceDate: 1_700_000_000 };
  return (await makePackage(options)).file;
}

function said(...command: string[]): string {
  const child = Bun.spawnSync(command, { stderr: "pipe" });
  return `${child.stdout.toString()}${child.stderr.toString()}`;
}

test.skipIf(!hasPacker)(
  "makePackage gives the same bytes for the same files, whoever packs them and when",
  async () => {
    const first = await made("first");
    expect(path.basename(first)).toBe(`host-service_1.2.3_${process.arch === "x64" ? "amd64" : "arm64"}.deb`);
    const before = process.umask(0o077);
    await chmod(path.join(root, "dist/hostctl"), 0o777);
    const second = await made("second").finally(() => process.umask(before));
    expect((await readFile(first)).equals(await readFile(second))).toBe(true);
  },
);

test.skipIf(!hasPacker)("makePackage names the machine that it is for", async () => {
  const file = await made("arm64", "bun-linux-arm64");
  expect(path.basename(file)).toBe("host-service_1.2.3_arm64.deb");
  expect(said("dpkg-deb", "--field", file, "Package", "Version", "Architecture")).toBe(
    "Package: host-service\nVersion: 1.2.3\nArchitecture: arm64\n",
  );
});

test.skipIf(!hasPacker)("makePackage has the program once, and everything belongs to root", async () => {
  const listed = said("dpkg-deb", "--contents", await made("listed"))
    .trim()
    .split("\n");
  expect(listed.filter((line) => !/^[-dl][rwx-]{9} root\/root /.test(line))).toEqual([]);
  const paths = listed.map((line) => line.replace(/^.*? \.\//, "/"));
  expect(paths.filter((name) => name.includes("hostctl") && !name.includes("/share/"))).toEqual([
    "/usr/lib/host-service/container/hostctl",
    "/usr/lib/host-service/container/lib/hostctl",
    "/usr/bin/host-service -> ../lib/host-service/container/lib/hostctl",
    "/usr/bin/host-service-boot -> ../lib/host-service/container/lib/hostctl",
    "/usr/bin/hostctl -> ../lib/host-service/container/lib/hostctl",
    "/usr/lib/host-service/host-service -> container/lib/hostctl",
    "/usr/lib/host-service/host-service-boot -> container/lib/hostctl",
  ]);
});

test.skipIf(missing.length > 0)("lintian finds nothing that is not said to be so", async () => {
  const text = said("lintian", "--allow-root", "--tag-display-limit", "0", await made("checked"));
  // Of the stand-ins for the programs, and of the real one: see deb/lintian-overrides.
  const lines = text.split("\n").filter((line) => /^[EW]:/.test(line));
  expect(lines).toEqual([]);
});

test("sourceDate takes what is given, or the last commit's, and nothing that is no time", async () => {
  expect(await sourceDate(repository, { SOURCE_DATE_EPOCH: "1700000000" })).toBe(1_700_000_000);
  expect(sourceDate(repository, { SOURCE_DATE_EPOCH: "yesterday" })).rejects.toThrow(
    'Cannot date the package: SOURCE_DATE_EPOCH is "yesterday"; it has to be seconds since 1970',
  );
});
