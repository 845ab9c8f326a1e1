// Every artifact that must not be installed, through the compiled daemon of a host that runs on one slot of a real disk: each is refused with
// its class, and the host boots what it booted before. Honest ones beside them are taken, so that a device that refuses everything is found out.
import { afterAll, beforeAll, expect } from "bun:test";
import { readFile } from "node:fs/promises";
import type { ArtifactCompression } from "@host-service/fixtures";
import {
  base64,
  buildArtifact,
  hostileArtifacts,
  hostileDevice,
  makeArtifactKeys,
  sampleImage,
  signatures,
} from "@host-service/fixtures";
import { type Board, makeBoard, needsBoard } from "../kit/board.ts";
import { compareWithGolden } from "../kit/golden.ts";
import { type BoardHost, home, startHost } from "../kit/board-host.ts";
import { stateName, tracesOf } from "../kit/board-traces.ts";
import { needsTools, testUnless } from "../kit/requirements.ts";
import { worked } from "../kit/steps.ts";

const unless = [needsBoard("u-boot")];
const keys = makeArtifactKeys();
const mebibyte = 1024 * 1024;
const file = "/run/upgrade";
const toml = (pairs: Readonly<Record<string, string>>) =>
  Object.entries(pairs)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join(", ");
let board: Board | undefined;
let host: BoardHost;

beforeAll(async () => {
  if (unless.some((reason) => reason !== undefined)) return;
  board = await makeBoard({ bootLoader: "u-boot", slotBytes: { a: 16 * mebibyte, b: hostileDevice.slotBytes } });
  host = await startHost(board, {
    upgrade: { device_type: JSON.stringify(hostileDevice.type), provides: `{ ${toml(hostileDevice.provides)} }` },
    verify: ['keys = ["keys/*.pem"]', 'raw_images = "refuse"'],
    files: { [`${home}/keys/rsa.pem`]: keys.rsa.pem, [`${home}/keys/ec.pem`]: keys.ec.pem },
  });
});
afterAll(async () => {
  await board?.remove();
});

/** How the bytes come: --transfer. */
const ways = ["path", "stream", "fd"] as const;
type Way = (typeof ways)[number];

interface Refusal {
  exit: number;
  class: unknown;
  detail: string;
}

async function refusalOf(way: Way, bytes: Uint8Array): Promise<Refusal> {
  // hostctl does not even send a file that is empty.
  const [given, more] = bytes.byteLength === 0 ? ["-", []] : [file, ["--transfer", way]];
  const { stdout, exitCode } = await host.hostctl("system", "upgrade", given, ...more, "--json");
  const { class: kind, detail } = JSON.parse(stdout) as Record<string, unknown>;
  return { exit: exitCode, class: kind, detail: String(detail) };
}

const lines: string[] = [];

for (const [index, row] of hostileArtifacts.entries()) {
  const others = [[], ["stream"], [], ["fd"]] as const;
  const name = `${row.assertion} ${row.name}`;
  const needs = row.needs === undefined ? undefined : needsTools(row.needs);
  testUnless([...unless, needs], name, async () => {
    const bytes = row.build(keys);
    await host.board.write(file, bytes);
    for (const way of ["path", ...others[index % 4]!] as const) {
      const before = await tracesOf(host);
      const { exit, class: kind, detail } = await refusalOf(way, bytes);
      const words = row.text.replace("raw images are not allowed here", "this host takes no raw images");
      expect({ way, exit, kind, words: detail.slice(0, words.length), lines: detail.split("\n").length }).toEqual({
        way,
        exit: row.kind === "space" ? 7 : 5,
        kind: row.kind,
        words,
        lines: 1,
      });
      const after = await tracesOf(host);
      // M31: what is refused before the payload leaves the partition that does not run alone, too.
      if (row.mayHaveWritten === true) after.inactive = before.inactive;
      expect({ way, ...after }).toEqual({ way, ...before });
      if (way === "path") lines.push(`${row.kind.padEnd(16)} ${exit}  ${name}: ${detail}\n`);
    }
  });
}

testUnless([...unless, needsTools("xz")], "the table of refusals is the one that was judged", async () => {
  expect(lines.length).toBe(hostileArtifacts.length);
  const head = "class          exit  case: what is said\n";
  // The keys are made anew for each run.
  const text = [head, ...lines.toSorted()].join("").replaceAll(/\b[0-9a-f]{16}…/gu, "KEY…");
  await compareWithGolden("hostile-artifacts", text);
});

const honest: [signer: "rsa" | "ec" | "ecDer", compression: ArtifactCompression, way: Way][] = [
  ["rsa", "none", "path"],
  ["ec", "none", "fd"],
  ["ecDer", "gzip", "stream"],
  ["rsa", "gzip", "path"],
  ["ec", "xz", "fd"],
  ["rsa", "zstd", "stream"],
];

for (const [signer, compression, way] of honest) {
  const needs = compression === "xz" ? needsTools("xz") : undefined;
  testUnless([...unless, needs], `an honest artifact is taken: ${signer}, ${compression}, by ${way}`, async () => {
    const sign = (manifest: Uint8Array) => base64(signatures[signer](manifest, keys));
    await host.board.write(file, buildArtifact(keys, { compression, sign }));
    const before = await tracesOf(host);
    const { stdout, exitCode } = await host.hostctl("system", "upgrade", file, "--transfer", way);
    expect({ stdout, exitCode }).toEqual({
      exitCode: 0,
      stdout: "Upgrade installed successfully. Please reboot to complete the process.\n",
    });
    const after = await tracesOf(host);
    expect((await readFile(host.board.device("b"))).subarray(0, sampleImage.byteLength)).toEqual(
      Buffer.from(sampleImage),
    );
    expect({ state: stateName(after), running: after.running, inbox: after.inbox }).toEqual({
      state: "pending",
      running: before.running,
      inbox: [],
    });
    expect(await host.board.variables()).toMatchObject({ mender_boot_part: "3", upgrade_available: "1" });
    worked(await host.hostctl("system", "rollback"));
    expect(await host.board.variables()).toMatchObject({ mender_boot_part: "2", upgrade_available: "0" });
  });
}
