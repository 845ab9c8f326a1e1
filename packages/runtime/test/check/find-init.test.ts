import { afterAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findInit, hostArchitecture } from "../../source/index.ts";
import { planFrom } from "../kit/plans.ts";

const directory = await mkdtemp(join(tmpdir(), "hs-init-"));
afterAll(() => rm(directory, { recursive: true }));

/** The first bytes of a program for the processor of elf.h's number. */
function elf(machine: number): Uint8Array {
  const header = new Uint8Array(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header[18] = machine;
  return header;
}

const machines: Record<string, number> = { x86_64: 62, aarch64: 183 };
const ownMachine = machines[hostArchitecture()] ?? 0;
const foreign = hostArchitecture() === "aarch64" ? "x86_64" : "aarch64";

type Tree = Record<string, string | Uint8Array | { link: string } | { mode: number }>;
let count = 0;

async function rootfsOf(tree: Tree): Promise<string> {
  const root = join(directory, String(count++));
  await mkdir(root);
  for (const [name, contents] of Object.entries(tree)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    if (typeof contents === "string" || contents instanceof Uint8Array)
      await writeFile(path, contents, { mode: 0o755 });
    else if ("link" in contents) await symlink(contents.link, path);
    else await writeFile(path, "", { mode: contents.mode });
  }
  return root;
}

const boot = { nspawn: planFrom("name: edge\n"), lxc: planFrom("name: edge\n", { runtime: "lxc" }) };
const command = (path: string, more = "", runtime: "nspawn" | "lxc" = "lxc") =>
  planFrom(`config: {oci.entrypoint: ${path}}\n${more}`, { runtime });

async function found(plan: ReturnType<typeof planFrom>, tree: Tree, architecture?: string): Promise<unknown> {
  try {
    return findInit(plan, await rootfsOf(tree), architecture === undefined ? {} : { architecture });
  } catch (error) {
    return (error as Error).message.replace("Cannot install the image: ", "");
  }
}

const osRelease = { "etc/os-release": { link: "../usr/lib/os-release" }, "usr/lib/os-release": "ID=x\n" };
const systemd = {
  ...osRelease,
  "usr/lib/systemd/systemd": elf(ownMachine),
  "usr/sbin/init": { link: "../lib/systemd/systemd" },
  sbin: { link: "usr/sbin" },
};

test("findInit finds systemd behind the usual links, and says that it notifies", async () => {
  expect(await found(boot.nspawn, systemd)).toEqual({ path: "/usr/lib/systemd/systemd", notifies: true });
  expect(await found(boot.lxc, systemd)).toEqual({ path: "/usr/lib/systemd/systemd", notifies: true });
  const busybox = { ...osRelease, "bin/busybox": "#!/bin/sh\n", "sbin/init": { link: "/bin/busybox" } };
  expect(await found(boot.nspawn, busybox)).toEqual({ path: "/bin/busybox", notifies: false });
});

test("findInit refuses a tree with nothing to boot", async () => {
  const none =
    'the rootfs has no init (/usr/lib/systemd/systemd, /lib/systemd/systemd, /sbin/init); install one, or name a command in "oci.entrypoint"';
  expect(await found(boot.nspawn, osRelease)).toBe(none);
  expect(await found(boot.nspawn, { ...osRelease, "sbin/init": { mode: 0o644 } })).toBe(none);
  expect(await found(boot.nspawn, { ...osRelease, "sbin/init": { link: "/nowhere" } })).toBe(none);
  expect(await found(boot.nspawn, { ...osRelease, "sbin/init": { link: "../../../../../../../bin/sh" } })).toBe(none);
  expect(await found(boot.lxc, { "usr/lib/systemd/systemd": "" })).toBe(
    'the rootfs has no init (/sbin/init); install one, or name a command in "oci.entrypoint"',
  );
  expect(await found(boot.nspawn, { "sbin/init": "#!/bin/sh\n" })).toBe(
    "the rootfs has no /etc/os-release, without which systemd-nspawn boots nothing; add it to the image, or use runtime: lxc",
  );
  expect(await found(boot.lxc, { "sbin/init": "#!/bin/sh\n" })).toEqual({ path: "/sbin/init", notifies: false });
});

test("findInit looks for the command where there is one, but not in what is mounted", async () => {
  expect(await found(command("/usr/bin/app"), { "usr/bin/app": "#!/bin/sh\n" })).toEqual({
    path: "/usr/bin/app",
    notifies: false,
  });
  expect(await found(command("/usr/bin/app"), { "usr/bin/other": "" })).toBe(
    '"/usr/bin/app", which "oci.entrypoint" names, is missing in the rootfs; correct one of the two',
  );
  expect(await found(command("/usr/bin/app"), { "usr/bin/app/file": "" })).toBe(
    '"/usr/bin/app", which "oci.entrypoint" names, is no program in the rootfs; correct one of the two',
  );
  const volume = 'devices: {data: {type: disk, source: "volume:data", path: /data}}\n';
  expect(await found(command("/data/app", volume), { x: "" })).toEqual({ path: "/data/app", notifies: false });
  expect(await found(command("/app", "", "nspawn"), { app: "#!/bin/sh\n" })).toBe(
    "the rootfs has no /usr, without which systemd-nspawn starts nothing; add it to the image, or use runtime: lxc",
  );
});

test("findInit refuses a program for another processor", async () => {
  const tree = { "sbin/init": elf(machines[foreign] ?? 0) };
  expect(await found(boot.lxc, tree)).toBe(
    `/sbin/init in the rootfs is for ${foreign}, and this host is ${hostArchitecture()}; install an image for ${hostArchitecture()}`,
  );
  expect(await found(boot.lxc, tree, foreign)).toEqual({ path: "/sbin/init", notifies: false });
  expect(await found(boot.lxc, tree, "any")).toEqual({ path: "/sbin/init", notifies: false });
  expect(await found(boot.lxc, { "sbin/init": elf(3) }, "x86_64")).toEqual({ path: "/sbin/init", notifies: false });
  expect(await found(boot.lxc, { "sbin/init": elf(40) }, "aarch64")).toEqual({ path: "/sbin/init", notifies: false });
});
