// What of Debian's arm64 the guest needs, fetched once into .cache/ beside the machine's own packages, which stay as they are.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../kit/program.ts";
import { must } from "../kit/run.ts";

const cache = join(repository, ".cache/arm64");
const tree = join(cache, "tree");
const kernel = "linux-image-cloud-arm64";

/** The directory with their files; throws where they cannot be had. */
export async function arm64Packages(): Promise<string> {
  if (existsSync(tree)) return tree;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, "fresh-"));
  try {
    await fetchInto(fresh);
    // Another run may have been faster.
    if (!existsSync(tree)) await rename(join(fresh, "tree"), tree);
  } finally {
    await rm(fresh, { recursive: true });
  }
  return tree;
}

async function fetchInto(directory: string): Promise<void> {
  const at = (name: string) => join(directory, name);
  for (const name of ["lists/partial", "archives/partial", "downloaded", "tree"]) {
    await mkdir(at(name), { recursive: true });
  }
  await writeFile(at("status"), "");
  const options = {
    "APT::Architecture": "arm64",
    "APT::Architectures": "arm64",
    "APT::Sandbox::User": "",
    "APT::Update::Post-Invoke": "true",
    "Acquire::Languages": "none",
    "Dir::State::status": at("status"),
    "Dir::State::lists": at("lists"),
    "Dir::Cache": directory,
  };
  const words = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  // A proxy of the environment may be the only way out.
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const runs = { cwd: at("downloaded"), env: { ...Object.fromEntries(inherited), LC_ALL: "C" } };
  await must(["apt-get", "--quiet=2", ...words, "update"], runs);
  // The package of that name only depends on the one of today's version.
  const depends = await must(["apt-cache", ...words, "depends", kernel], runs);
  const version = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (version === undefined) throw new Error(`Cannot find the kernel of "${kernel}": it depends on none`);
  await must(["apt-get", "--quiet=2", ...words, "download", version, "libc6", "busybox-static"], runs);
  for await (const file of new Bun.Glob("*.deb").scan({ cwd: at("downloaded"), absolute: true })) {
    await must(["dpkg-deb", "--extract", file, at("tree")]);
  }
}
