import { afterAll, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseInstanceConfig } from "@host-service/archive";
import { entry, end, joined } from "@host-service/fixtures";
import { checkFits, metaLimits, refuseUnsupported } from "../../source/containers/check-image.ts";
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

test("refuseUnsupported names the key and the way out", async () => {
  const refused = async (text: string) => await failure(() => refuseUnsupported(parseInstanceConfig(text)));
  expect(await refused("runtime: none\ntrial: {commit: manual, boots: 3}\n")).toBeUndefined();
  expect(await refused("runtime: lxc\ntrial: {timeout: 5m}\n")).toBeUndefined();
  const checked = "{commit: ready, health: {command: [/bin/well]}}";
  expect(await refused(`runtime: nspawn\ntrial: ${checked}\n`)).toBeUndefined();
  expect(await refused("runtime: nspawn\ntrial: {commit: ready}\n")).toEqual([
    "not-supported",
    'Cannot install the image: config.yaml asks for "trial.commit": "ready" needs a command that says so, as nobody hears the guest yet; set trial.health.command',
  ]);
  expect(await refused("trial: {commit: ready}\n")).toEqual([
    "not-supported",
    'Cannot install the image: config.yaml asks for "trial.commit": "ready" needs a runtime that can ask the container; use "manual" and hostctl container commit',
  ]);
  expect(await refused("trial: {timeout: 5m}\n")).toEqual([
    "not-supported",
    'Cannot install the image: config.yaml asks for "trial.timeout": it needs a runtime that can restart the container; leave it out',
  ]);
});

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
