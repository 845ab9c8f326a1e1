// The program on arm64: compiled for it, and run there by a real kernel, in an emulated machine. One boot of that machine tells
// all that is asked here.
import { afterAll, expect } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sparse, writeImages } from "./arm64/image.ts";
import { boot, compile, makeRoot, stepsIn } from "./arm64/machine.ts";
import { arm64Packages } from "./arm64/packages.ts";
import { program } from "./kit/program.ts";
import { needsTools, testUnless } from "./kit/requirements.ts";
import { must } from "./kit/run.ts";

const tools = needsTools("qemu-system-aarch64", "cpio", "mke2fs", "apt-get", "dpkg-deb", "xz", "zstd", "gzip");
const packages = tools === undefined ? await arm64Packages().catch(unavailable) : undefined;
const missing = packages === undefined ? "it needs Debian's packages for arm64, which cannot be fetched" : undefined;

function unavailable(error: unknown): undefined {
  console.error(error);
}

/** Those of packages/disk that are about the kernel, without the slow ones. */
const unitTests =
  "attributes contents descriptors entries execute jail linux lock notify opening system-call system-call-numbers".split(
    " ",
  );

const directory = await mkdtemp(join(tmpdir(), "hs-arm64-"));
afterAll(() => rm(directory, { recursive: true }));

let told: Promise<Map<string, string>> | undefined;

/** What the guest said at these steps. */
async function said(...names: string[]): Promise<Record<string, string | undefined>> {
  told ??= tell();
  const steps = await told;
  return Object.fromEntries(names.map((name) => [name, steps.get(name)]));
}

async function tell(): Promise<Map<string, string>> {
  if (packages === undefined) throw new Error("Cannot make the guest: there are no packages for it");
  await compile();
  const root = await makeRoot(directory, packages, unitTests);
  await writeImages(join(root, "images"), join(packages, "bin/busybox"));
  const console = await boot(directory, packages, root);
  const steps = stepsIn(console);
  if (!steps.has("unit tests")) throw new Error(`Cannot hear the guest to its end: ${console.slice(-4000)}`);
  return steps;
}

function onArm64(name: string, story: () => Promise<void>): void {
  testUnless([tools, missing], `on arm64 ${name}`, story);
}

const names = ["tar", "gz", "zst", "xz"];
const sorted = names.toSorted();

/** The same of each container, with its name put in. */
function ofEach(step: string, printed: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${step} ${name}`, printed]));
}

function table(...columns: [heading: string, value: string][]): string {
  const head = ["NAME", ...columns.map(([heading]) => heading)];
  const rows = sorted.map((name) => [name, ...columns.map(([, value]) => value)]);
  return [head, ...rows].map((row) => `${row.join(" ")}\n`).join("");
}

onArm64("the program says its version, and the daemon answers", async () => {
  expect(await said("machine", "version", "hook boot-1", "ping boot-1")).toEqual({
    machine: "Linux aarch64\n",
    version: await must([...program("hostctl"), "--version"]),
    "hook boot-1": "",
    "ping boot-1": "OK\n",
  });
});

onArm64("an image of each format is installed, by each way of transfer", async () => {
  const installed = ofEach("install", "OK\n");
  expect(await said(...Object.keys(installed), "list boot-1")).toEqual({
    ...installed,
    "list boot-1": table(["STATE", "pending"], ["RUNNING", "-"], ["NEXT BOOT", "1.0.0 (DIGEST)"], ["UNIT", "-"]),
  });
});

onArm64("hostctl runs in a root that is empty but for /proc, by its launcher", async () => {
  expect(await said("container files", "files", "without proc", "inside")).toEqual({
    "container files": "OK\n",
    files: "ld-linux-aarch64.so.1\nlibc.so.6\nlibdl.so.2\nlibm.so.6\nlibpthread.so.0\n",
    "without proc": "Cannot run hostctl: /proc is not there; mount it\nexit code 1\n",
    inside: "OK\n",
  });
});

onArm64("the next boot tries the images, and a commit keeps them", async () => {
  const committed = ofEach("commit", "OK\n");
  const running: [string, string] = ["RUNNING", "1.0.0 (DIGEST)"];
  expect(await said("hook boot-2", "list boot-2", ...Object.keys(committed), "list committed")).toEqual({
    "hook boot-2": sorted.map((name) => `${name}: trying, runs slot a, version 1.0.0\n`).join(""),
    "list boot-2": table(["STATE", "trying"], running, ["NEXT BOOT", "-"], ["UNIT", "-"]),
    ...committed,
    "list committed": table(["STATE", "normal"], running, ["NEXT BOOT", "1.0.0 (DIGEST)"], ["UNIT", "-"]),
  });
});

const contents = Buffer.alloc(sparse.bytes);
contents.write(sparse.data, sparse.offset);
const digest = createHash("sha256").update(contents).digest("hex");
const day = "2023-11-14 22:13:20.000000000 +0000";

const tree = `. directory 755 0:0 ${day}
./bin directory 755 0:0 ${day}
./bin/busybox regular file 755 0:0 ${day} BYTES 1 0:0
./bin/id symbolic link 777 0:0 ${day} 7 1 0:0
./bin/sh symbolic link 777 0:0 ${day} 7 1 0:0
./bin/su symbolic link 777 0:0 ${day} 7 1 0:0
./character character special file 600 0:0 ${day} 0 1 12c:11170
./etc directory 755 0:0 ${day}
./etc/again regular file 644 0:0 2020-09-13 12:26:40.123456789 +0000 6 2 0:0
./etc/group regular file 644 0:0 ${day} 23 1 0:0
./etc/link symbolic link 777 7:8 ${day} 15 1 0:0
./etc/passwd regular file 644 0:0 ${day} 50 1 0:0
./etc/version regular file 644 0:0 2020-09-13 12:26:40.123456789 +0000 6 2 0:0
./fifo fifo 640 0:0 ${day} 0 1 0:0
./proc directory 555 0:0 ${day}
./setuid regular file 6755 12345:54321 ${day} 7 1 0:0
./sparse regular file 644 0:0 ${day} ${sparse.bytes} 1 0:0
./sticky directory 1777 0:0 ${day}
etc/link leads to /nowhere/at all
etc/again is etc/version
sparse has 8 blocks and ${digest}  -
bin/busybox is the one that was packed
`;

onArm64("what was unpacked has its types, modes, owners, times, links, numbers, holes and bytes", async () => {
  const busybox = Bun.file(join(String(packages), "bin/busybox"));
  const expected = ofEach("tree", tree.replace("BYTES", String(busybox.size)));
  expect(await said(...Object.keys(expected))).toEqual(expected);
});

onArm64("the kernel gives the image's program the capabilities of its file, whose bytes are no UTF-8", async () => {
  const expected = ofEach("run", "uid=1000(edge) gid=1000(edge) groups=1000(edge)\nCapEff: 00000000000000c0\n");
  expect(await said(...Object.keys(expected))).toEqual(expected);
});

onArm64("an archive that wants out is refused and leaves nothing", async () => {
  expect(await said("install hostile", "hostile left")).toEqual({
    "install hostile": 'Cannot unpack "../evil": its name contains ".."\nexit code 5\n',
    "hostile left": "",
  });
});

onArm64("an image that nobody commits is rolled back", async () => {
  const others = (xz: string) =>
    sorted.map((name) => `${name}: ${name === "xz" ? xz : "normal, runs slot a, version 1.0.0"}\n`).join("");
  const steps = ["install second", "hook boot-3", "second runs", "hook boot-4", "first runs", "why"];
  const back = "version 2.0.0: rebooted without commit";
  expect(await said(...steps)).toEqual({
    "install second": "OK\n",
    "hook boot-3": others("trying, runs slot b, version 2.0.0"),
    "second runs": "2.0.0\n",
    "hook boot-4": others(`normal, runs slot a, version 1.0.0; rolled back, ${back}`),
    "first runs": "1.0.0\n",
    why: `why:        version 1.0.0 is committed; version 2.0.0 was rolled back: rebooted without commit\n`,
  });
});

onArm64(
  "the compiled program opens with the flags of arm64, so that it follows no link where it must not",
  async () => {
    expect(await said("lock that is a link", "log of that", "link led to")).toEqual({
      "lock that is a link": "Cannot commit: the daemon failed; its log says why\nexit code 1\n",
      "log of that": "ELOOP\n",
      "link led to": "",
    });
  },
);

onArm64("the unit tests of the calls to the kernel pass", async () => {
  const { "unit tests": printed = "" } = await said("unit tests");
  const lines = printed.split("\n").filter((line) => line !== "" && !line.startsWith("(pass) "));
  // The guest is root and has no kernel headers.
  const skipped = [
    "fchownAt says that only root gives files away",
    "numbersByArchitecture.x64 are the kernel's",
    "numbersByArchitecture.arm64 are the kernel's",
    "the flags of x86-64 in this test are the kernel's",
  ];
  expect([...new Set(lines)]).toEqual(skipped.map((name) => `(skip) ${name}`));
  expect(printed.match(/^\(pass\) /gm)?.length).toBeGreaterThanOrEqual(70);
});
