// Whose upgrades of the host are taken, and by which ways they come, on the board with its real slots. A refused one leaves every byte of
// the boot environment and of the slot.
import { expect } from "bun:test";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ArtifactKeys, makeArtifactKeys } from "@host-service/fixtures";
import { type BoardHost, deviceType, home, onBoardHost } from "../kit/board-host.ts";
import { needsBoard } from "../kit/board.ts";
import { artifactOf } from "../kit/board/artifact.ts";
import { makeRootImage } from "../kit/board/root-image.ts";
import { workshop } from "../kit/images.ts";
import { needsTools, testUnless } from "../kit/requirements.ts";
import { must } from "../kit/run.ts";
import { worked } from "../kit/steps.ts";
import { tinyImage } from "../kit/tiny-image.ts";

const bootLoader = "u-boot";
const needs = [needsTools("mender-artifact"), needsBoard(bootLoader)];
const installed = {
  exitCode: 0,
  stdout: "Upgrade installed successfully. Please reboot to complete the process.\n",
};
const keys = makeArtifactKeys();
const [ecKey, rsaKey, stranger] = await Promise.all([
  secret("ec", keys.ec, "sec1"),
  secret("rsa", keys.rsa, "pkcs1"),
  secret("stranger", keys.otherEc, "sec1"),
]);

testUnless(needs, "an artifact that no key has signed is refused, and nothing is switched or written", () =>
  onBoardHost({ bootLoader }, async (host) => {
    await requireSignatures(host);
    const before = await traces(host);
    for (const [artifact, stdout] of [
      [
        await artifactOf("release-2", { deviceType }),
        "Cannot trust the artifact: it is not signed, and a signature is required; sign it with hostctl image sign\n",
      ],
      [
        await artifactOf("release-2", { deviceType, key: stranger }),
        expect.stringMatching(
          /^Cannot trust the artifact: no configured key matches the signature; known: [0-9a-f]{16}…, [0-9a-f]{16}…\n$/,
        ),
      ],
      [
        await artifactOf("release-2", { deviceType: "edge-x2", key: ecKey }),
        "Cannot install the artifact: it is for edge-x2, this device is edge-x1\n",
      ],
    ] as const) {
      expect(await host.upgrade(artifact)).toEqual({ exitCode: 5, stdout });
    }
    expect(await traces(host)).toEqual(before);
    for (const key of [ecKey, rsaKey]) {
      expect(await host.upgrade(await artifactOf("release-2", { deviceType, key }))).toEqual(installed);
      expect((await host.status())[2]).toMatch(/^next boot: slot b release-2.* signed by \S+$/);
      worked(await host.hostctl("system", "rollback"));
    }
  }),
);

testUnless(needs, "what is older than what was committed needs the caller's and the host's permission", () =>
  onBoardHost({ bootLoader }, async (host) => {
    expect(await host.upgrade(await artifactOf("2.0", { deviceType }))).toEqual(installed);
    await host.reboot();
    worked(await host.hostctl("system", "commit"));
    const before = await traces(host, "a");
    const old = await artifactOf("1.0", { deviceType });
    const refused = (next: string) => ({
      exitCode: 5,
      stdout: `Cannot install the image: it is version "1.0", and version "2.0" was committed on this host; ${next}\n`,
    });
    const administrator = refused("the host's administrator can permit it with upgrade.allow_downgrade");
    expect(await host.upgrade(old)).toEqual(administrator);
    expect(await host.upgrade(old, "--allow-downgrade")).toEqual(administrator);
    expect(await traces(host, "a")).toEqual(before);
    await host.configure({ bootLoader, upgrade: { allow_downgrade: "true" } });
    await host.reboot();
    expect(await host.upgrade(old)).toEqual(refused("give --allow-downgrade to install it all the same"));
    expect(await traces(host, "a")).toEqual(before);
    expect(await host.upgrade(old, "--allow-downgrade")).toEqual(installed);
    expect((await host.reboot()).hook.stdout).toBe("system: trying, runs slot a, version 1.0\n");
    worked(await host.hostctl("system", "commit"));
    expect((await host.status()).slice(-2, -1)).toEqual(["floor: version 2.0"]);
  }),
);

testUnless(needs, "a set installs the artifact for this device, and nothing where one of them is damaged", () =>
  onBoardHost({ bootLoader }, async (host) => {
    await requireSignatures(host);
    const before = await traces(host);
    const ours = await artifactOf("release-2", { deviceType, key: ecKey });
    const theirs = await artifactOf("other-2", { deviceType: "edge-x2", key: ecKey });
    const unsigned = await artifactOf("other-2", { deviceType: "edge-x2" });
    expect(await host.upgrade(await setOf("half-signed", ours, unsigned))).toMatchObject({ exitCode: 5 });
    const { slot: _written, ...environment } = before;
    expect(await traces(host)).toMatchObject(environment);
    expect(await host.upgrade(await setOf("signed", theirs, ours))).toEqual(installed);
    expect((await host.reboot()).hook.stdout).toBe("system: trying, runs slot b, version release-2\n");
  }),
);

testUnless([...needs, needsTools("minisign")], "a raw image needs the signature that minisign leaves beside it", () =>
  onBoardHost({ bootLoader }, async (host) => {
    const [publicKey, secretKey] = [join(workshop, "raw.pub"), join(workshop, "raw.key")];
    await must(["minisign", "-G", "-W", "-p", publicKey, "-s", secretKey]);
    await requireSignatures(host, publicKey);
    const image = await makeRootImage("release-2");
    const before = await traces(host);
    expect(await host.upgrade(image)).toEqual({
      exitCode: 5,
      stdout: expect.stringContaining('make one with "hostctl image sign", and leave it beside the image'),
    });
    expect(await traces(host)).toEqual(before);
    await must(["minisign", "-S", "-W", "-m", image, "-s", secretKey, "-t", "version:2.0"]);
    await host.bring(`${image}.minisig`);
    expect(await host.upgrade(image)).toEqual(installed);
    expect((await host.reboot()).hook.stdout).toBe("system: trying, runs slot b, version 2.0\n");
    expect(await host.board.contentsOf("b")).toBe("release-2");
  }),
);

testUnless(
  [...needs, needsTools("curl")],
  "the same upgrade comes by each way, from the host and from a container",
  () =>
    onBoardHost({ bootLoader }, async (host) => {
      await installContainer(host);
      const artifact = await artifactOf("release-2", { deviceType });
      const path = await host.bring(artifact);
      const hostctl = (...words: string[]) => host.hostctl(...words);
      const inContainer = (...words: string[]) => host.hostctl("-s", "/run/host-service.d/edge/host-service", ...words);
      const stdin = Bun.file(artifact);
      const socket = ["-s", "/run/host-service.d/edge/host-service"];
      const ids = new Set<string>();
      for (const [way, send] of [
        ["handed over", () => hostctl("upgrade", path)],
        ["by path", () => hostctl("system", "upgrade", path, "--transfer", "path")],
        ["streamed", () => hostctl("system", "upgrade", path, "--transfer", "stream")],
        ["standard input", () => host.hostctlWith({ stdin }, "system", "upgrade", "-")],
        ["handed over by a container", () => inContainer("upgrade", path)],
        ["streamed by a container", () => inContainer("system", "upgrade", path, "--transfer", "stream")],
        ["standard input of a container", () => host.hostctlWith({ stdin }, ...socket, "system", "upgrade", "-")],
        ["curl", () => curl(host, "/run/host-service", path)],
        ["curl in a container", () => curl(host, "/run/host-service.d/edge/host-service", path)],
      ] as const) {
        const { exitCode, stdout } = await send();
        const said = way.startsWith("curl") ? expect.stringContaining('"state":"pending"') : installed.stdout;
        expect({ way, exitCode, stdout }).toEqual({ way, exitCode: 0, stdout: said });
        const { nextBoot } = JSON.parse((await hostctl("system", "status", "--json")).stdout) as {
          nextBoot: { imageId: string };
        };
        ids.add(nextBoot.imageId);
        expect(await host.board.contentsOf("b")).toBe("release-2");
        worked(await inContainer("system", "rollback"));
        await must(["dd", "if=/dev/zero", `of=${host.board.device("b")}`, "bs=1M", "count=8", "status=none"]);
      }
      expect(ids.size).toBe(1);
      const callers = (await host.hostctl("system", "history")).stdout;
      expect(callers).toMatch(/ upgrade +done .* edge /);
      worked(await inContainer("upgrade", path));
      expect((await host.reboot()).hook.stdout).toMatch(/\nsystem: trying, runs slot b, version release-2\n$/);
      worked(await inContainer("system", "commit", "--expect", "release-2"));
    }),
);

/** In the forms that mender-artifact reads. */
async function secret(name: string, { privateKey }: ArtifactKeys["ec"], type: "sec1" | "pkcs1"): Promise<string> {
  const path = join(workshop, `${name}.key`);
  await writeFile(path, privateKey.export({ type, format: "pem" }));
  return path;
}

/** Has the board's host trust both kinds of keys, and maybe one of minisign's. */
async function requireSignatures(host: BoardHost, minisignKey?: string): Promise<void> {
  await host.board.write(join(home, "keys/ec.pem"), keys.ec.pem);
  await host.board.write(join(home, "keys/rsa.pem"), keys.rsa.pem);
  if (minisignKey !== undefined) await host.board.write(join(home, "keys/raw.pub"), await Bun.file(minisignKey).text());
  const globs = minisignKey === undefined ? '"keys/*.pem"' : '"keys/*.pem", "keys/*.pub"';
  await host.configure({ bootLoader, verify: [`keys = [${globs}]`] });
  await host.reboot();
}

async function installContainer(host: BoardHost): Promise<void> {
  const { config, rootfs } = await tinyImage("1.0.0");
  worked(await host.hostctl("container", "install", await host.bring(config), await host.bring(rootfs)));
}

function curl(host: BoardHost, socket: string, path: string) {
  const what = ["-X", "POST", "-H", "Content-Type: application/octet-stream", "-T", path];
  return host.board.run(["curl", "-sS", "--unix-socket", socket, ...what, "http://host/v1/system/upgrade"]);
}

async function setOf(name: string, ...artifacts: string[]): Promise<string> {
  const set = join(workshop, `${name}.multi-mender`);
  const members = artifacts.map((artifact) => artifact.slice(artifact.lastIndexOf("/") + 1));
  for (const [index, artifact] of artifacts.entries()) {
    const path = join(workshop, members[index] ?? "");
    if (path !== artifact) await copyFile(artifact, path);
  }
  await must(["tar", "--format=ustar", "-C", workshop, "-cf", set, ...members]);
  return set;
}

/** The bytes that an upgrade changes, by their digests, and what the host says. */
async function traces(host: BoardHost, slot: "a" | "b" = "b") {
  const digest = async (device: string) => (await must(["sha256sum", device])).split(" ")[0];
  return {
    environment: await digest(host.board.device("env")),
    slot: await digest(host.board.device(slot)),
    state: (await host.status())[0],
  };
}
