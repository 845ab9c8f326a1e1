// What the kernel makes of a shifted file capability, in a user namespace with the container's ids and outside of it.
import { chmodSync, copyFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setXattr } from "@host-service/disk";
import { expect, setDefaultTimeout, test } from "bun:test";
import { Workshop, isRoot, run, unpackFile } from "./kit/unpacking.ts";

setDefaultTimeout(60_000);

const ids = { base: 0x10_0000, count: 65_536 };
// VFS_CAP_REVISION_2 | effective; cap_net_raw, as ping has it.
const netRaw = new Uint8Array(Buffer.from("0100000200200000000000000000000000000000", "hex"));
const asUser = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"];
const missing = [
  ...["unshare", "nsenter", "setpriv"].filter((tool) => Bun.which(tool) === null),
  ...(isRoot ? [] : ["root"]),
];
if (missing.length > 0) console.warn(`skipped: what the kernel makes of a file capability, without ${missing.join()}`);

test.skipIf(missing.length > 0)(
  "unpack with ids: a file capability works in the container's user namespace, and nowhere else",
  async () => {
    await using workshop = new Workshop();
    const original = workshop.directory("original");
    copyFileSync(Bun.which("grep") ?? "", join(original, "grep"));
    chmodSync(join(original, "grep"), 0o755);
    setXattr(join(original, "grep"), "security.capability", netRaw);
    const path = join(workshop.path, "rootfs.tar");
    await run(["tar", "-cf", path, "--format=posix", "--xattrs", "--xattrs-include=*", "-C", original, "."], "/");
    const root = workshop.directory("root");
    await unpackFile(path, root, { ids });
    const shifted = [join(root, "grep"), "CapPrm", "/proc/self/status"];
    expect(await inContainer(shifted)).toBe("CapPrm:\t0000000000002000\n");
    expect(await outputOf([...asUser, ...shifted])).toBe("CapPrm:\t0000000000000000\n");
    // The same file with its owners as they were has its capability on the host.
    const unshifted = [join(original, "grep"), ...shifted.slice(1)];
    expect(await outputOf([...asUser, ...unshifted])).toBe("CapPrm:\t0000000000002000\n");
  },
);

async function outputOf(command: readonly string[]): Promise<string> {
  return await new Response(Bun.spawn([...command], { stdout: "pipe" }).stdout).text();
}

/** As a user of a container whose 0 is `ids.base`. */
async function inContainer(command: readonly string[]): Promise<string> {
  const holder = Bun.spawn(["unshare", "--user", "cat"], { stdin: "pipe", stdout: "ignore" });
  try {
    const namespaceOf = (pid: number | "self") => readlinkSync(`/proc/${pid}/ns/user`);
    while (namespaceOf(holder.pid) === namespaceOf("self")) await Bun.sleep(1);
    const map = `0 ${ids.base} ${ids.count}`;
    for (const file of ["uid_map", "gid_map"]) writeFileSync(`/proc/${holder.pid}/${file}`, map);
    return await outputOf([
      "nsenter",
      "--user",
      `--target=${holder.pid}`,
      "--setuid=1000",
      "--setgid=1000",
      ...command,
    ]);
  } finally {
    holder.kill();
    await holder.exited;
  }
}
