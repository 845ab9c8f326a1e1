import { afterAll, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entry, end, joined } from "@host-service/fixtures";
import { metaLimits } from "@host-service/archive";
import { checkFits } from "../../source/containers/check-image.ts";
import type { ArchivePart } from "../../source/containers/receive.ts";
import { problemOf } from "../../source/problems/problem-of.ts";

const directory = await mkdtemp(join(tmpdir(), "hs-"));
const descriptors: number[] = [];
afterAll(async () => {
  for (const fd of descriptors) closeSync(fd);
  await rm(directory, { recursive: true });
});

async function archive(bytesUnpacked: number): Promise<ArchivePart> {
  const path = join(directory, `${bytesUnpacked}.tar`);
  const tar = joined(entry({ name: "f" }, new Uint8Array(bytesUnpacked)), end());
  await writeFile(path, tar);
  const fd = openSync(path, "r");
  descriptors.push(fd);
  return { fd, offset: 0, bytes: tar.byteLength, sha256: "" };
}

const limits = {
  imageBytesMax: 1e9,
  unpackedBytesMax: 1_000_000,
  entriesMax: 100,
  stallTimeoutMs: 1000,
  reserveBytes: 0,
  historyBytesMax: 1000,
  uploadsMax: 4,
  uploadAgeMaxMs: 1000,
  trialEndingsMax: 3,
  trialEndingsWithinMs: 1000,
};

async function failure(act: () => unknown): Promise<[string, string] | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    const problem = problemOf(error);
    return [problem?.code ?? "-", problem?.detail ?? String(error)];
  }
}

test("checkFits counts what an archive says, the limits, the reserve and what is reclaimed", async () => {
  const config = { text: "", sha256: "" };
  const fits = async (
    bytes: number,
    wishes: { metaBytes?: number; reserveBytes?: number; bytesReclaimed?: number } = {},
  ) => {
    const meta = wishes.metaBytes === undefined ? undefined : await archive(wishes.metaBytes);
    const parts = { config, rootfs: await archive(bytes), meta };
    const reserveBytes = wishes.reserveBytes ?? 0;
    const context = { directory, limits: { ...limits, reserveBytes } };
    return (await failure(() => checkFits({ parts, bytesReclaimed: wishes.bytesReclaimed ?? 0 }, context)))?.[0];
  };
  expect(await fits(500_000)).toBeUndefined();
  expect(await fits(1_000_000)).toBe("too-large");
  expect(await fits(10, { metaBytes: metaLimits.unpackedBytesMax })).toBe("too-large");
  expect(await fits(10, { reserveBytes: 1e15 })).toBe("no-space");
  expect(await fits(10, { reserveBytes: 1e15, bytesReclaimed: 2e15 })).toBeUndefined();
});
