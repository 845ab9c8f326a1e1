import { expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readXattrs, realDisk } from "@host-service/disk";
import { readTree, treeDigest } from "@host-service/fixtures";
import type { MountPoint } from "../../source/mounts/mount-points.ts";

const program = join(import.meta.dirname, "../programs/mount-root.ts");
const cannotMount = process.getuid?.() !== 0 || Bun.which("unshare") === null;
if (cannotMount) console.log("skipped: to mount takes root and unshare");

interface Device {
  directory: string;
  slot: string;
  rootfs: string;
  [Symbol.dispose](): void;
}

/** A slot with a small tree, in a directory whose name is hard on the options of a mount. */
function device(): Device {
  const top = mkdtempSync(join(tmpdir(), "runtime-"));
  const directory = join(top, String.raw`a:b,c\d e`);
  const slot = join(directory, "slots/a");
  const rootfs = join(slot, "rootfs");
  mkdirSync(join(rootfs, "etc"), { recursive: true });
  mkdirSync(join(directory, "roots/edge"), { recursive: true });
  mkdirSync(join(directory, "spare"));
  mkdirSync(join(directory, "outside"));
  writeFileSync(join(directory, "outside/file"), "untouched");
  writeFileSync(join(rootfs, "etc/version"), "1.0.0");
  chmodSync(rootfs, 0o751);
  if (!cannotMount) chownSync(rootfs, 524_288, 524_288);
  return { directory, slot, rootfs, [Symbol.dispose]: () => rmSync(top, { recursive: true, force: true }) };
}

const digestOf = (path: string) => treeDigest(readTree(path, readXattrs));
const directoryAt = (target: string): MountPoint => ({ target, kind: "directory" });

function mount(
  { directory, slot }: Device,
  options: { kind: "overlay" | "read-only"; mountPoints?: readonly MountPoint[] },
  command: string,
): unknown {
  const given = {
    mountPoints: [],
    ...options,
    roots: join(directory, "roots"),
    spare: join(directory, "spare"),
    slotDirectory: slot,
    usual: ["dev", "proc"],
    owner: 524_288,
  };
  const unshare = ["unshare", "--mount", "--propagation", "unchanged", "--"];
  const child = Bun.spawnSync([...unshare, process.execPath, program, JSON.stringify(given), command]);
  expect({ status: child.exitCode, errors: child.stderr.toString() }).toEqual({ status: 0, errors: "" });
  return JSON.parse(child.stdout.toString());
}

test.skipIf(cannotMount)(
  "mountRoot: what is written goes to the slot's upper, and the verified tree stays as it was",
  async () => {
    using made = device();
    const before = digestOf(made.rootfs);
    const mountPoints = [
      directoryAt("/data"),
      directoryAt("/var/lib/app"),
      { target: "/etc/licence", kind: "file" } as const,
    ];
    const command =
      "echo 2.0.0 > etc/version; rm -r proc; mkdir new; stat -c '%u %a %F' . data var/lib/app etc/licence dev";
    expect(mount(made, { kind: "overlay", mountPoints }, command)).toEqual({
      output: [
        "524288 751 directory",
        "524288 755 directory",
        "524288 755 directory",
        "0 644 regular empty file",
        "524288 755 directory",
      ].join("\n"),
      errors: "",
    });
    expect(digestOf(made.rootfs)).toBe(before);
    expect(readFileSync(join(made.slot, "upper/data/etc/version"), "utf8")).toBe("2.0.0\n");
    // Again, with what was written; then the slot goes, with whiteouts and the kernel's own directory in it.
    expect(mount(made, { kind: "overlay", mountPoints }, "cat etc/version; rm etc/version; rm -r new")).toEqual({
      output: "2.0.0",
      errors: "",
    });
    expect(digestOf(made.rootfs)).toBe(before);
    expect(existsSync(join(made.slot, "upper/work/work"))).toBe(true);
    await realDisk.removeTree(made.slot);
    expect(existsSync(made.slot)).toBe(false);
  },
);

const links: readonly [name: string, target: string, link: (made: Device) => string][] = [
  ["the mount point is a link out of the root", "/data", ({ directory }) => `${directory}/outside`],
  ["a directory on the way is a link out of the root", "/data/deep/er", ({ directory }) => `${directory}/outside`],
  ["the mount point is a link to elsewhere inside", "/data", () => "etc"],
  ["a directory on the way is a link with dots", "/data/deep", () => "../../../../.."],
  ["the mount point is a link to nothing", "/data", () => "nothing"],
];

for (const kind of ["overlay", "read-only"] as const) {
  for (const [name, target, link] of links) {
    test.skipIf(cannotMount)(`mountRoot (${kind}) refuses: ${name}`, () => {
      using made = device();
      symlinkSync(link(made), join(made.rootfs, "data"));
      expect(mount(made, { kind, mountPoints: [directoryAt(target)] }, "ls")).toEqual({
        kind: "rootfs",
        message: expect.stringMatching(
          /^Cannot mount at "\/data[^"]*" in the container: a symbolic link is on the way; /,
        ),
      });
      expect(Bun.spawnSync(["ls", "-A", join(made.directory, "outside")]).stdout.toString()).toBe("file\n");
    });
  }
}

test.skipIf(cannotMount)(
  "mountRoot (overlay) refuses a file where a directory is mounted, and a directory for a file",
  () => {
    using made = device();
    const refused = (why: string) => ({ kind: "rootfs", message: expect.stringContaining(`: ${why}; `) });
    expect(mount(made, { kind: "overlay", mountPoints: [directoryAt("/etc/version")] }, "ls")).toEqual(
      refused("it is no directory"),
    );
    expect(mount(made, { kind: "overlay", mountPoints: [directoryAt("/etc/version/x")] }, "ls")).toEqual(
      refused("a file is on the way"),
    );
    expect(mount(made, { kind: "overlay", mountPoints: [{ target: "/etc", kind: "file" }] }, "ls")).toEqual(
      refused("it is no file"),
    );
  },
);

test.skipIf(cannotMount)(
  "mountRoot (read-only): nothing can be written, and what the image lacks is there all the same",
  () => {
    using made = device();
    mkdirSync(join(made.rootfs, "var"), { mode: 0o700 });
    const before = digestOf(made.rootfs);
    const mountPoints = [directoryAt("/data"), directoryAt("/var/lib/app")];
    const command =
      "cat etc/version; stat -c '%u %a %n' . data var var/lib/app dev proc; touch x etc/y data/z; echo > etc/version";
    expect(mount(made, { kind: "read-only", mountPoints }, command)).toEqual({
      output: "1.0.0524288 751 .\n524288 755 data\n0 700 var\n524288 755 var/lib/app\n524288 755 dev\n524288 755 proc",
      errors: expect.stringMatching(/x.*Read-only[^]*y.*Read-only[^]*z.*Read-only[^]*Read-only/),
    });
    expect(digestOf(made.rootfs)).toBe(before);
    expect(existsSync(join(made.slot, "upper"))).toBe(false);
  },
);

test.skipIf(cannotMount)("mountRoot (read-only): an image with all mount points is mounted as it is", () => {
  using made = device();
  for (const name of ["dev", "proc", "data"]) mkdirSync(join(made.rootfs, name));
  const answer = mount(made, { kind: "read-only", mountPoints: [directoryAt("/data")] }, "stat -f -c %T .; touch x");
  expect(answer).toEqual({
    output: expect.not.stringContaining("overlay"),
    errors: expect.stringContaining("Read-only"),
  });
});
