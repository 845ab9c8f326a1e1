// What the guest installs: a root file system that runs on arm64, with what an unpacker has to keep. Made block by block, so that it
// takes no root.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { end, entry, joined, pax, writeConfigYaml } from "@host-service/fixtures";
import { must } from "../kit/run.ts";

/** struct vfs_cap_data of linux/capability.h, revision 2: setgid and setuid, permitted and effective. 0xc0 is no UTF-8. */
const capability = Uint8Array.from([1, 0, 0, 2, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const mebibyte = 1024 * 1024;
/** What lies in `sparse`, and where. */
export const sparse = { bytes: 8 * mebibyte, data: "middle", offset: 3 * mebibyte };

/** rootfs.tar with its three packed forms, second.tar, hostile.tar, and a config.yaml for each container. */
export async function writeImages(directory: string, busybox: string): Promise<void> {
  await mkdir(directory);
  const tar = join(directory, "rootfs.tar");
  await writeFile(tar, rootfs(await readFile(busybox)));
  await must(["xz", "--keep", "-1", tar]);
  await must(["zstd", "--quiet", tar]);
  await must(["gzip", "--keep", tar]);
  for (const name of ["tar", "gz", "zst", "xz", "hostile"]) {
    await writeConfigYaml(join(directory, `${name}.yaml`), { name, version: "1.0.0" });
  }
  await writeConfigYaml(join(directory, "xz-second.yaml"), { name: "xz", version: "2.0.0" });
  const etc = entry({ name: "etc", type: "5", mode: 0o755 });
  await writeFile(join(directory, "second.tar"), joined(etc, entry({ name: "etc/version" }, "2.0.0\n"), end()));
  await writeFile(join(directory, "hostile.tar"), joined(entry({ name: "../evil" }, "evil"), end()));
}

function rootfs(busybox: Uint8Array): Uint8Array {
  const { bytes, data, offset } = sparse;
  return joined(
    entry({ name: "./", type: "5", mode: 0o755 }),
    entry({ name: "./bin/", type: "5", mode: 0o755 }),
    pax({ "SCHILY.xattr.security.capability": capability }),
    entry({ name: "./bin/busybox", mode: 0o755 }, busybox),
    entry({ name: "./bin/sh", type: "2", link: "busybox", mode: 0o777 }),
    entry({ name: "./bin/su", type: "2", link: "busybox", mode: 0o777 }),
    entry({ name: "./bin/id", type: "2", link: "busybox", mode: 0o777 }),
    entry({ name: "./proc/", type: "5", mode: 0o555 }),
    entry({ name: "./etc/", type: "5", mode: 0o755 }),
    entry({ name: "./etc/passwd" }, "root:x:0:0::/:/bin/sh\nedge:x:1000:1000::/:/bin/sh\n"),
    entry({ name: "./etc/group" }, "root:x:0:\nedge:x:1000:\n"),
    pax({ mtime: "1600000000.123456789" }),
    entry({ name: "./etc/version" }, "1.0.0\n"),
    entry({ name: "./etc/again", type: "1", link: "./etc/version" }),
    entry({ name: "./etc/link", type: "2", link: "/nowhere/at all", mode: 0o777, uid: 7, gid: 8 }),
    entry({ name: "./setuid", mode: 0o6755, uid: 12345, gid: 54321 }, "setuid\n"),
    entry({ name: "./sticky/", type: "5", mode: 0o1777 }),
    entry({ name: "./character", type: "3", mode: 0o600, device: [300, 70000] }),
    entry({ name: "./fifo", type: "6", mode: 0o640 }),
    pax({
      "GNU.sparse.major": "0",
      "GNU.sparse.minor": "1",
      "GNU.sparse.name": "./sparse",
      "GNU.sparse.size": String(bytes),
      "GNU.sparse.map": `${offset},${data.length},${bytes},0`,
    }),
    entry({ name: "./GNUSparseFile.0/sparse" }, data),
    end(),
  );
}
