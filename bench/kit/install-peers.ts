// What a user would make a container's tree with; a name in place of a way is a program that is not installed.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Way } from "./compare.ts";
import type { DebianArchives } from "./debian-archives.ts";
import { findProgram, shell } from "./run.ts";
import type { Bench } from "./workplace.ts";

export async function lxcWay({ directory }: Bench, { xz }: DebianArchives): Promise<Way | string> {
  if (findProgram("lxc-create") === undefined) return "lxc";
  const meta = path.join(directory, "lxc-meta");
  const containers = path.join(directory, "lxc");
  mkdirSync(meta);
  const files = {
    "metadata.yaml": "architecture: amd64\ncreation_date: 1\nproperties:\n  os: debian\n",
    config: "lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.arch = x86_64\n",
    expiry: "9999999999\n",
    build_id: "20260101\n",
    "create-message": "",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(meta, name), text);
  await shell('tar -C "$1" -cJf "$1.tar.xz" .', meta);
  const script = 'lxc-create -P "$1" -n x -t local -- --metadata "$2" --fstree "$3"; sync -f "$1"';
  return {
    name: "lxc-create -t local, 16 MiB blocks",
    before: () => mkdirSync(containers),
    run: () => shell(script, containers, `${meta}.tar.xz`, xz),
    after: () => rmSync(containers, { recursive: true }),
  };
}

/** The worker of importd needs no bus. It marks its trees immutable. */
export function systemdWays({ directory }: Bench, { tar, xz }: DebianArchives): (Way | string)[] {
  const worker = ["/usr/lib/systemd/systemd-import", "/lib/systemd/systemd-import"].find(findProgram);
  if (worker === undefined) return ["systemd-container"];
  const machines = path.join(directory, "machines");
  const way = (name: string, archive: string): Way => ({
    name,
    before: () => mkdirSync(machines),
    run: () => shell('"$1" tar --image-root="$2" "$3" x; sync -f "$2"', worker, machines, archive),
    after: () => shell('chattr -i "$1"/x || true; rm -rf "$1"', machines),
  });
  return [way("systemd-import tar, 16 MiB blocks", xz), way("systemd-import tar, .tar", tar)];
}

/** From a store that has every chunk, as after a download. */
export async function casyncWay({ directory }: Bench, { tar }: DebianArchives): Promise<Way | string> {
  if (findProgram("casync") === undefined) return "casync";
  const store = path.join(directory, "store.castr");
  const index = path.join(directory, "tree.caidx");
  const tree = path.join(directory, "casync");
  const unpack = 'mkdir "$2"; tar --numeric-owner -xf "$1" -C "$2"; ';
  await shell(`${unpack} casync make --store="$3" "$4" "$2" >/dev/null; rm -rf "$2"`, tar, tree, store, index);
  return {
    name: "casync extract, its own format",
    run: () => shell('casync extract --store="$1" "$2" "$3"; sync -f "$1"', store, index, tree),
    after: () => rmSync(tree, { recursive: true }),
  };
}
