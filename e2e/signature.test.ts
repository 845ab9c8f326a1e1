// Signed images: what is accepted and what is refused, before a slot is touched and with exit code 5.
import { describe, expect, test } from "bun:test";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { traces } from "./bad-input/traces.ts";
import { json } from "./kit/api.ts";
import { until } from "./kit/until.ts";
import type { Device } from "./kit/device.ts";
import { onDevice, onNewDevice } from "./kit/on-device.ts";
import { program } from "./kit/program.ts";
import { needsTools, testUnless } from "./kit/requirements.ts";
import { must, run } from "./kit/run.ts";
import { bundle, keyId, otherKeyId, parts, signed, vectors, ways, writeMembers } from "./kit/signed-image.ts";
import type { Members } from "./kit/signed-image.ts";
import { worked } from "./kit/steps.ts";

const trusting = ['keys = ["keys/*.pub"]'];
const noMinisign = needsTools("minisign");

/** A device with these public keys of the vectors. */
async function onTrustingDevice(
  story: (device: Device) => Promise<void>,
  { keys = ["plain.pub"], verify = trusting }: { keys?: readonly string[]; verify?: readonly string[] } = {},
): Promise<void> {
  await onNewDevice(async (device) => {
    await mkdir(join(device.directory, "keys"));
    for (const key of keys) await cp(join(vectors, key), join(device.directory, "keys", key));
    await device.configure({ verify });
    await device.boot();
    await device.startDaemon();
    await story(device);
  });
}

/** Refused with exit code 5 and this message, in each way, with nothing changed. */
async function refused(device: Device, members: Members, message: RegExp): Promise<void> {
  const before = await traces(device);
  for (const [way, install] of ways) {
    const { exitCode, stdout } = await install(device, members);
    expect({ way, exitCode, stdout }).toEqual({ way, exitCode: 5, stdout: expect.stringMatching(message) });
    await until("the inbox is empty", async () => (await device.inbox()).length === 0);
    expect(await traces(device)).toEqual(before);
  }
}

function changed(members: Members, name: string, at: (contents: Uint8Array) => number): Members {
  const contents = new Uint8Array(members[name]!);
  contents[at(contents)]! ^= 0x01;
  return { ...members, [name]: contents };
}

const without = (members: Members, ...names: string[]): Members =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
const middle = (contents: Uint8Array): number => Math.floor(contents.length / 2);
const within = (text: string) => (contents: Uint8Array) => Buffer.from(contents).indexOf(text) + text.length;

describe("a signed image is installed", () => {
  test("by sources and by a bundle, and who signed it stays with it", () =>
    onTrustingDevice(async (device) => {
      for (const [, install] of ways) {
        const members = await signed(parts("1.5.0"), "--trusted-comment", "for the field");
        const answer = worked(await install(device, members));
        expect(answer).toMatchObject({ stdout: "OK\n" });
        expect(answer.stderr).not.toContain("not verified");
        const signer = { keyId, verified: true, trustedComment: "for the field" };
        expect(await device.status()).toMatchObject({ state: "pending", nextBoot: { version: "1.5.0", signer } });
        expect(JSON.parse(await readFile(join(device.slot("a"), "slot.json"), "utf8"))).toMatchObject({ signer });
        expect(await readFile(join(device.slot("a"), "rootfs/etc/version"), "utf8")).toBe("1.5.0");
      }
      expect((await device.hostctl("container", "status")).stdout).toContain(`signed by ${keyId}`);
      const history = await device.hostctl("container", "history", "--json");
      expect(JSON.parse(history.stdout)).toMatchObject({ history: [{}, { signer: { keyId, verified: true } }] });
    }));

  test("from inside its container, as a stream and as text in the request", () =>
    onTrustingDevice(async (device) => {
      worked(await device.hostctl("container", "install", bundle(await signed(parts("1.4.0")))));
      const members = await signed(parts("1.5.0"));
      worked(await device.hostctlIn("edge", "container", "install", ...writeMembers(members).words));
      expect(await device.status()).toMatchObject({ nextBoot: { version: "1.5.0", signer: { verified: true } } });
      const other = await device.hostctlIn("edge", "container", "install", ...writeMembers(parts("1.6.0")).words);
      expect(other).toMatchObject({ exitCode: 5, stdout: expect.stringContaining("it is not signed") });

      const inline = (name: string) => ({ inline: new TextDecoder().decode(members[name]) });
      const path = (name: string) => ({ path: join(writeMembers(members).directory, name) });
      const body = JSON.stringify({
        config: inline("config.yaml"),
        rootfs: path("rootfs.tar"),
        meta: path("meta.tar"),
        manifest: inline("manifest"),
        signature: inline("manifest.sig"),
      });
      const headers = { "content-type": "application/json" };
      const answer = await json(device.socket, "/v1/containers/edge/install", { method: "POST", headers, body });
      expect(answer).toMatchObject({ status: 200, body: { container: { nextBoot: { signer: { keyId } } } } });
    }));

  test("when the second of two keys fits", () =>
    onTrustingDevice(
      async (device) => {
        for (const [, install] of ways) worked(await install(device, await signed(parts("1.5.0"))));
      },
      { keys: ["other.pub", "plain.pub"] },
    ));

  test("without a signature where the configuration allows that, and that is told", () =>
    onTrustingDevice(
      async (device) => {
        for (const [, install] of ways) {
          const answer = worked(await install(device, parts("1.5.0")));
          expect(answer.stderr).toContain("warning: not verified: it is not signed\n");
        }
        const forged = changed(await signed(parts("1.5.0")), "manifest.sig", within("trusted comment: edge "));
        await refused(device, forged, /the trusted comment is not the one that was signed/);
      },
      { verify: [...trusting, "require_signature = false"] },
    ));

  test("by a host without keys, which compares the digests and says that it verified nothing", () =>
    onDevice(async (device) => {
      const members = await signed(parts("1.5.0"));
      for (const [, install] of ways) {
        const answer = worked(await install(device, members));
        expect(answer.stderr).toContain("warning: not verified: no keys are configured\n");
        expect(await device.status()).toMatchObject({ nextBoot: { signer: { keyId, verified: false } } });
      }
      await refused(device, changed(members, "rootfs.tar", middle), /"rootfs.tar" has .*, and its manifest says /);
    }));
});

describe("an image is refused before a slot is touched", () => {
  const trusted = /Cannot verify the image: /;
  const flips: readonly (readonly [part: string, at: (contents: Uint8Array) => number, message: RegExp])[] = [
    ["config.yaml", middle, /"config.yaml" has /],
    ["meta.tar", middle, /"meta.tar" has /],
    ["rootfs.tar", middle, /"rootfs.tar" has /],
    ["manifest", within('"version": "'), /the signature is not one of the manifest/],
    ["manifest.sig", within("by hostctl\nRUQZe19lH4bs"), trusted],
    ["manifest.sig", within("trusted comment: edge "), /the trusted comment is not the one that was signed/],
  ];
  test("one flipped byte in each part", () =>
    onTrustingDevice(async (device) => {
      const members = await signed(parts("1.5.0"));
      for (const [part, at, message] of flips) await refused(device, changed(members, part, at), message);
    }));

  test("a manifest of another image, a missing part, an extra part", () =>
    onTrustingDevice(async (device) => {
      const members = await signed(parts("1.5.0"));
      const older = await signed(parts("1.4.0"));
      await refused(device, { ...members, ...pick(older, "manifest", "manifest.sig") }, /"config.yaml" has /);
      await refused(device, without(members, "meta.tar"), /its manifest names "meta.tar", which is missing/);
      const bare = await signed(without(parts("1.5.0"), "meta.tar"));
      const extra = { ...pick(bare, "manifest", "manifest.sig"), ...parts("1.5.0") };
      await refused(device, extra, /its manifest does not name its part "meta"/);
    }));

  testUnless([noMinisign], "a manifest that says another version than config.yaml", () =>
    onTrustingDevice(async (device) => {
      const members = await signed(parts("1.5.0"));
      const manifest = new TextDecoder().decode(members["manifest"]).replace('"1.5.0"', '"1.6.0"');
      const { directory, words } = writeMembers({ ...members, manifest: new TextEncoder().encode(manifest) });
      // Signed as any other program would, without a look into it.
      await must(["minisign", "-S", "-s", join(vectors, "plain.key"), "-m", "manifest", "-x", "manifest.sig"], {
        cwd: directory,
      });
      const before = await traces(device);
      const answer = await device.hostctl("container", "install", ...words);
      expect(answer).toMatchObject({ exitCode: 5, stdout: expect.stringContaining('of version "1.6.0"') });
      expect(await traces(device)).toEqual(before);
    }),
  );

  test("no signature where one is required", () =>
    onTrustingDevice(async (device) => {
      const message = /it is not signed, and "verify.container.require_signature" of this host asks for a signature/;
      await refused(device, parts("1.5.0"), message);
      const members = await signed(parts("1.5.0"));
      const answer = await device.hostctl("container", "install", bundle(without(members, "manifest.sig")));
      expect(answer.exitCode).toBe(5);
    }));

  test("a key that is not known, revoked or expired", async () => {
    const members = await signed(parts("1.5.0"));
    const unknown = new RegExp(`signed with the key ${keyId}, which is not known here; known: ${otherKeyId}`);
    await onTrustingDevice((device) => refused(device, members, unknown), { keys: ["other.pub"] });
    await onTrustingDevice((device) => refused(device, members, new RegExp(`its key ${keyId} is revoked`)), {
      verify: [...trusting, `revoked = ["${keyId}"]`],
    });
    const expired = new RegExp(`its key ${keyId} expired at 2026-01-02T00:00:00.000Z, and the clock here says 20`);
    await onTrustingDevice((device) => refused(device, members, expired), {
      verify: [...trusting, `not_after = { ${keyId} = "2026-01-01" }`],
    });
  });
});

describe("minisign and hostctl understand each other", () => {
  const ask = (...words: string[]) => run([...program("hostctl"), ...words]);

  testUnless([noMinisign], "what minisign signs is installed, of both kinds", () =>
    onTrustingDevice(async (device) => {
      for (const kind of [[], ["-l"]]) {
        const { directory, words } = writeMembers(parts("1.5.0"));
        const at = (name: string) => join(directory, name);
        worked(await run([...program("hostctl"), "image", "sign", ...words, "--manifest-only"], { cwd: directory }));
        const sign = [
          "minisign",
          "-S",
          ...kind,
          "-s",
          join(vectors, "plain.key"),
          "-m",
          "manifest",
          "-x",
          "manifest.sig",
        ];
        await must(sign, { cwd: directory });
        const statement = ["--manifest", at("manifest"), "--signature", at("manifest.sig")];
        worked(await ask("image", "verify", ...words, ...statement, "--key", join(vectors, "plain.pub")));
        worked(await ask("image", "build", at("signed.tar"), ...words, ...statement));
        worked(await device.hostctl("container", "install", ...words, ...statement));
        worked(await device.hostctl("container", "install", at("signed.tar")));
      }
    }),
  );

  testUnless([noMinisign], "what hostctl signs with a password is good for minisign and the device", () =>
    onTrustingDevice(
      async (device) => {
        const { directory, words } = writeMembers(parts("1.5.0"));
        const at = (name: string) => join(directory, name);
        await writeFile(at("password"), "correct horse\n");
        worked(await ask("image", "build", at("edge.tar"), ...words));
        const sign = ["image", "sign", at("edge.tar"), "--secret-key", join(vectors, "password.key")];
        worked(await ask(...sign, "--password-file", at("password"), "--trusted-comment", "from CI"));
        worked(await device.hostctl("container", "install", at("edge.tar")));
        await must(["tar", "-xf", "edge.tar", "manifest", "manifest.sig"], { cwd: directory });
        const verify = ["minisign", "-VQ", "-p", join(vectors, "password.pub"), "-m", "manifest", "-x", "manifest.sig"];
        expect(await must(verify, { cwd: directory })).toBe("from CI\n");
        await rm(at("password"));
      },
      { keys: ["password.pub"] },
    ),
  );
});

test("check-config and the daemon name the key file that is none, with its line; the boot hook needs no keys", () =>
  onNewDevice(async (device) => {
    await mkdir(join(device.directory, "keys"));
    const key = join(device.directory, "keys/bad.pub");
    await writeFile(key, "untrusted comment: x\nnonsense!\n");
    await device.configure({ verify: trusting });
    const said = `Cannot read "${key}": line 2 is not base64\n`;
    expect(await device.checkConfiguration()).toMatchObject({ exitCode: 1, stdout: said });
    expect((await device.boot()).exitCode).toBe(0);
    const failure = await device.startDaemon().catch((error: unknown) => String(error));
    expect(failure).toContain("line 2 is not base64");
  }));

function pick(members: Members, ...names: string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name)));
}
