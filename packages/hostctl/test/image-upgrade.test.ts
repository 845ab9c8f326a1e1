// image inspect, verify and sign of what a host is upgraded with.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildArtifact,
  buildArtifactSet,
  headerInfo,
  makeArtifactKeys,
  sampleImage,
  sha256,
  typeInfo,
} from "@host-service/fixtures";
import { expectGolden, transcript } from "./golden.ts";
import { run } from "./run.ts";

/** Made by `minisign -GW`; it signs nothing but this test. */
const minisignSecret = `untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABHnoc/WNNtaHVdHXbtqaDGMngqZ5y9+G0Khc/PlCAF+IY9J8jQ9XauEjBHGVLRVgfncPR0PWRvUakYgwfiPMC2HTbVhlh1tfAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
`;
const minisignKey = "RWQEeehz9Y021uEjBHGVLRVgfncPR0PWRvUakYgwfiPMC2HTbVhlh1tf";
const keys = makeArtifactKeys();

let directory = "";
const at = (name: string): string => join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostctl-upgrade-"));
  const scripted = {
    headerInfo: {
      ...headerInfo,
      artifact_provides: { artifact_name: "release-3\u001b[2J", artifact_group: "fleet-a" },
      artifact_depends: { device_type: ["edge-x1", "edge-y9"], artifact_name: ["release-1", "release-2"] },
    },
    typeInfo: { ...typeInfo, artifact_depends: { region: "eu" } },
    scripts: { ArtifactInstall_Enter_01: "#!/bin/sh\n" },
  } as const;
  const unsigned = buildArtifact(keys, { sign: () => undefined });
  const other = buildArtifact(keys, { headerInfo: { ...headerInfo, artifact_depends: { device_type: ["edge-y9"] } } });
  const files: Record<string, string | Uint8Array> = {
    "signed.mender": buildArtifact(keys),
    "gzip.mender": buildArtifact(keys, { compression: "gzip", sign: () => undefined }),
    "scripted.mender": buildArtifact(keys, scripted),
    "unsigned.mender": unsigned,
    "damaged.mender": unsigned.with(unsigned.byteLength - 4000, 0xff),
    "cut.mender": unsigned.subarray(0, 3000),
    "text.mender": "no artifact at all",
    "release.multi-mender": buildArtifactSet({ "x1.mender": buildArtifact(keys), "y9.mender": other }),
    "disk.img": sampleImage,
    "other.img": new Uint8Array(4096),
    "minisign.key": minisignSecret,
    "minisign.pub": `untrusted comment: minisign public key D6368DF573E87904\n${minisignKey}\n`,
    "ec.pub": keys.ec.pem,
    "rsa.pub": keys.rsa.pem,
    "p384.pub": keys.p384.pem,
    "rsa.key": keys.rsa.privateKey.export({ type: "pkcs1", format: "pem" }),
    "ec.key": keys.ec.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" }),
    password: "secret\n",
  };
  for (const [name, contents] of Object.entries(files)) await Bun.write(at(name), contents);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Keys and signatures are made anew for each run: what depends on them has another value each time. */
function withoutRandom(text: string): string {
  return text
    .replaceAll(
      /(?<="manifestSha256":"|"keyFingerprint":"|signed by: +|known: |its SHA-256 is )[0-9a-f]{16,}/g,
      (digits) => (digits.length === 16 ? "N…16" : "N…64"),
    )
    .replaceAll(directory, ".");
}

async function transcripts(lines: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const line of lines) {
    const argv = line.split(" ");
    parts.push(transcript(argv, await run(argv, { directory })));
  }
  return withoutRandom(parts.join("\n"));
}

test("image inspect and verify answers about upgrades of a host", async () => {
  const lines = [
    "image inspect signed.mender",
    "image inspect signed.mender --json",
    "image inspect gzip.mender",
    "image inspect scripted.mender",
    "image inspect release.multi-mender",
    "image inspect disk.img",
    "image inspect disk.img --json",
    "image inspect cut.mender",
    "image inspect text.mender",
    "image verify signed.mender --key rsa.pub --key ec.pub",
    "image verify signed.mender --key ec.pub --json",
    "image verify signed.mender --key ec.pub --device-type edge-x1",
    "image verify signed.mender --key ec.pub --device-type edge-y9",
    "image verify signed.mender --key ec.pub --device-type edge-y9 --json",
    "image verify scripted.mender --key ec.pub --device-type edge-y9",
    "image verify signed.mender --key rsa.pub",
    "image verify signed.mender --key p384.pub",
    "image verify signed.mender --key rsa.key",
    "image verify signed.mender --key minisign.pub",
    "image verify signed.mender",
    "image verify signed.mender --key ec.pub --signature x",
    `image verify signed.mender --key ec.pub --sha256 ${"0".repeat(64)}`,
    "image verify gzip.mender --key ec.pub",
    "image verify cut.mender --key ec.pub",
    "image verify release.multi-mender --key ec.pub",
    "image verify release.multi-mender --key ec.pub --device-type edge-z3",
    "image verify text.mender --key ec.pub",
    "image verify disk.img",
    "image verify disk.img --key minisign.pub",
    `image verify disk.img --sha256 ${sha256(sampleImage)}`,
    `image verify disk.img --sha256 ${"0".repeat(64)}`,
    "image verify disk.img --sha256 0",
    "image verify disk.img --key minisign.pub --device-type edge-x1",
  ];
  await expectGolden("image-upgrade.txt", await transcripts(lines));
});

test("image sign answers about upgrades of a host, and what it signs is verified", async () => {
  await chmod(at("unsigned.mender"), 0o640);
  const lines = [
    "image sign unsigned.mender",
    "image sign unsigned.mender --secret-key rsa.pub",
    "image sign unsigned.mender --secret-key minisign.key",
    "image sign unsigned.mender --secret-key rsa.key --trusted-comment x",
    "image sign damaged.mender --secret-key rsa.key",
    "image sign release.multi-mender --secret-key rsa.key",
    "image sign unsigned.mender --secret-key rsa.key",
    "image verify unsigned.mender --key rsa.pub",
    "image sign unsigned.mender --secret-key ec.key",
    "image sign unsigned.mender --secret-key ec.key --password-file password --out again.mender --json",
    "image sign unsigned.mender --secret-key ec.key --password-file password --out again.mender",
    "image verify again.mender --key ec.pub",
    "image sign disk.img --secret-key rsa.key",
    "image sign disk.img --secret-key minisign.key --out x",
    "image sign disk.img --secret-key minisign.key --trusted-comment 1.5.0",
    "image sign disk.img --secret-key minisign.key",
    "image verify disk.img --key minisign.pub",
    "image verify disk.img --key minisign.pub --json",
    "image verify other.img --key minisign.pub --signature disk.img.minisig",
  ];
  await expectGolden("image-upgrade-sign.txt", await transcripts(lines));
  const names = await readdir(directory);
  expect(names.filter((name) => name.endsWith(".partial") || name === "x")).toEqual([]);
});

const hasMinisign = Bun.which("minisign") !== null;
if (!hasMinisign) console.warn("skipped: minisign verifies our signature of a raw image, as it is not installed");
test.skipIf(!hasMinisign)("minisign verifies what image sign has written beside a raw image", async () => {
  await Bun.write(at("large.img"), new Uint8Array(5_000_000).fill(7));
  expect((await run(["image", "sign", "large.img", "--secret-key", "minisign.key"], { directory })).exit).toBe(0);
  const child = Bun.spawn(["minisign", "-Vm", "large.img", "-P", minisignKey], { cwd: directory, stdout: "pipe" });
  expect(await child.stdout.text()).toStartWith("Signature and comment signature verified");
  expect(await child.exited).toBe(0);
});

const hasMenderArtifact = Bun.which("mender-artifact") !== null;
if (!hasMenderArtifact) console.warn("skipped: mender-artifact validates what we have signed, as it is not installed");
test.skipIf(!hasMenderArtifact)("mender-artifact validates what image sign has signed", async () => {
  await Bun.write(at("mine.mender"), buildArtifact(keys, { compression: "gzip", sign: () => undefined }));
  expect((await run(["image", "sign", "mine.mender", "--secret-key", "rsa.key"], { directory })).exit).toBe(0);
  const child = Bun.spawn(["mender-artifact", "validate", "-k", "rsa.pub", "mine.mender"], {
    cwd: directory,
    stdout: "pipe",
  });
  expect(await child.stdout.text()).toContain("validated successfully");
  expect(await child.exited).toBe(0);
});
