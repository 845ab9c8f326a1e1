import { end, entry, joined, readTree } from "@host-service/fixtures";
import { readXattrs } from "@host-service/disk";
import { expect, setDefaultTimeout, test } from "bun:test";
import { Excludes, checkedPattern } from "../../source/unpack/excludes.ts";
import { Workshop, refusalOf, run, unpackFile } from "./kit/unpacking.ts";

setDefaultTimeout(60_000);

const patterns = ["dev/null", "var/cache", "tmp/*", "*.pyc", "etc/?hadow", "a*b*c"];
const names = [
  "dev/null",
  "dev/nullx",
  "dev",
  "x/dev/null",
  "var/cache/apt/x",
  "var/cached",
  "tmp/a",
  "tmp",
  "tmp/a/b",
].concat([
  "usr/x.pyc",
  "usr/x.pyc/y",
  "x.py",
  "etc/shadow",
  "etc/shadow-",
  "etc/xxhadow",
  "axxbyyc",
  "axxc",
  "a/b/c/d",
  "ab",
]);

test("Excludes leaves out what GNU tar leaves out with --anchored --exclude", async () => {
  const excludes = new Excludes(patterns);
  const ours = names.filter((name) => excludes.has(`./${name}/`));
  expect(ours).toEqual(names.filter((name) => excludes.has(name)));
  await using workshop = new Workshop();
  const theirs: string[] = [];
  // One archive for each name, as some of them lie below others.
  for (const [index, name] of names.entries()) {
    const path = workshop.file(`${index}.tar`, joined(entry({ name: `./${name}` }, "x"), end()));
    const directory = workshop.directory(`${index}`);
    const excluded = patterns.map((pattern) => `--exclude=./${pattern}`);
    // "*.pyc" has to match after "./" as well.
    await run(["tar", "--anchored", ...excluded, "-xf", path, "-C", directory], "/");
    if (readTree(directory, readXattrs).size === 1) theirs.push(name);
  }
  expect(ours).toEqual(theirs);
});

test("Excludes takes no time for patterns made to take it", () => {
  const excludes = new Excludes([`${"a*".repeat(200)}b`]);
  const start = performance.now();
  expect(excludes.has("a".repeat(4000))).toBe(false);
  expect(performance.now() - start).toBeLessThan(2000);
});

test("checkedPattern takes names, * and ?", () => {
  expect(["./dev/null", "/dev//zero", "var/./x", "*/x", "a?"].map(checkedPattern)).toEqual(
    ["dev/null", "dev/zero", "var/x", "*/x", "a?"].map((pattern) => ({ pattern })),
  );
});

test("unpack leaves out what the patterns say, with what lies below, and counts it", async () => {
  await using workshop = new Workshop();
  const archive = joined(
    entry({ name: "./dev/", type: "5", mode: 0o755 }),
    entry({ name: "./dev/null", type: "3", device: [1, 3] }),
    entry({ name: "./dev/pts/", type: "5", mode: 0o755 }),
    entry({ name: "./dev/pts/0" }, "contents that are left out"),
    entry({ name: "./file" }, "kept"),
    end(),
  );
  const path = workshop.file("archive", archive);
  const root = workshop.directory("root");
  const report = await unpackFile(path, root, { excludes: ["dev/null", "dev/pts"] });
  expect([report.entries, report.excluded]).toEqual([2, 3]);
  expect([...readTree(root, readXattrs).keys()]).toEqual(["", "dev", "file"]);
});

test("unpack refuses a hard link to what was left out", async () => {
  await using workshop = new Workshop();
  const archive = joined(entry({ name: "a" }, "x"), entry({ name: "b", type: "1", link: "a" }), end());
  const refusal = await refusalOf(workshop.file("archive", archive), workshop.directory("root"), { excludes: ["a"] });
  expect(refusal.message).toContain('it is a hard link to "a", which is not in the archive before it');
});
