// A disk that fills up at every place where it can: a small tmpfs holds the state.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "bun:test";
import { end, entry, joined } from "@host-service/fixtures";
import { json } from "../kit/api.ts";
import { needsRoot, needsTools } from "../kit/requirements.ts";
import { run } from "../kit/run.ts";
import { packed } from "./compressed.ts";
import { goodImage, noise } from "./good-image.ts";
import { Table } from "./table.ts";

/** What a device may have: room for its image of 300 kB and little more. */
const below = mkdtempSync(join(tmpdir(), "hs-full-"));
const why = needsRoot() ?? (await mounted("size=4m", "bytes")) ?? (await mounted("size=64m,nr_inodes=120", "inodes"));
afterAll(async () => {
  for (const name of ["bytes", "inodes"]) await run(["umount", "--lazy", join(below, name)]);
  rmSync(below, { recursive: true, force: true });
});

async function mounted(options: string, name: string): Promise<string | undefined> {
  const path = join(below, name);
  mkdirSync(path);
  const { exitCode } = await run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path]);
  return exitCode === 0 ? undefined : "it needs to mount a tmpfs";
}

const free = [/\d[\d.]* (?:[KM]i)?B \(\d+ bytes\) are free/gu, "<bytes> are free"] as const;
const plainFree = [/and \d+ are free/gu, "and <bytes> are free"] as const;
const atLeast = [/at least \d.*?\)/gu, "at least <bytes>"] as const;
const mask = [free, plainFree, atLeast];
const install = "/v1/containers/edge/install";
const tarType = { "content-type": "application/x-tar" };

const table = new Table("disk full", {
  device: { stateBelow: join(below, "bytes"), limits: { reserve_bytes: 0 } },
});
const unless = [why];
const large = noise(6 * 1024 * 1024);

function file(name: string, contents: Uint8Array): string {
  const path = join(table.workplace, name);
  writeFileSync(path, contents);
  return path;
}

function chunked(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.subarray(at, (at += 256 * 1024)));
    },
  });
}

table.row(
  "a file that is larger than the disk",
  7,
  (d) => d.hostctl("container", "install", goodImage().config, file("large.tar", large)),
  { unless, mask },
);
table.rawRow(
  "a body that is larger than the disk",
  507,
  (d) => json(d.socket, install, { method: "POST", headers: tarType, body: large }),
  { unless, mask },
);
table.rawRow(
  "a body of unknown size that is larger than the disk",
  507,
  (d) => json(d.socket, install, { method: "POST", headers: tarType, body: chunked(large) }),
  { unless, mask },
);
table.row(
  "an archive that unpacks to more than is free, as it says",
  7,
  async (d) => {
    const xz = await packed(joined(entry({ name: "zeros" }, new Uint8Array(large.byteLength)), end()), "tar.xz");
    return await d.hostctl("container", "install", goodImage().config, file("zeros.tar.xz", xz));
  },
  { unless: [why, needsTools("xz")], mask },
);
for (const format of ["tar.zst", "tar.gz"] as const) {
  table.row(
    `a ${format} that fills the disk while it is unpacked`,
    7,
    async (d) => {
      const zeros = new Uint8Array(1024 * 1024).fill(0x2a);
      const entries = Array.from({ length: 6 }, (_, index) => entry({ name: `zeros-${index}` }, zeros));
      // Several members of gzip: the last one says less than the truth.
      const parts = format === "tar.gz" ? [...entries, end()] : [joined(...entries, end())];
      const archive = joined(...(await Promise.all(parts.map((part) => packed(part, format)))));
      return await d.hostctl("container", "install", goodImage().config, file(`zeros.${format}`, archive));
    },
    { unless: [why, needsTools(format === "tar.gz" ? "gzip" : "zstd")], mask },
  );
}
table.complete();

const inodes = new Table("inodes exhausted", {
  device: { stateBelow: join(below, "inodes"), limits: { reserve_bytes: 0 } },
});
inodes.row(
  "an archive of more entries than there are inodes",
  7,
  async (d) => {
    const entries = Array.from({ length: 500 }, (_, index) => entry({ name: `f${index}` }));
    return await d.hostctl("container", "install", goodImage().config, file("many.tar", joined(...entries, end())));
  },
  { unless, mask },
);
inodes.row(
  "a first image of another container without an inode for its directory",
  7,
  async (d) => {
    const filler = join(d.paths.stateDirectory, "..", "filler");
    mkdirSync(filler);
    try {
      for (let index = 0; index < 1000; index += 1) writeFileSync(join(filler, `${index}`), "");
    } catch {
      // That is what was wanted: no inode is left.
    }
    try {
      return await d.hostctl("container", "install", goodImage().config, goodImage().rootfs, "--name", "spare");
    } finally {
      rmSync(filler, { recursive: true });
    }
  },
  { unless, mask },
);
inodes.complete();
