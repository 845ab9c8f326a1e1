// What a user would upgrade a host with; a name in place of a way is a program that is not installed. Each writes the same image to an emptied
// block device and counts until that is durable; where the device holds other bytes then, the run ends without a figure.
import { linkSync, mkdirSync } from "node:fs";
import path from "node:path";
import {
  attachLoop,
  type LoopDevice,
  makeCertificate,
  makeMenderDevice,
  makeRaucBundle,
  makeSwupdateImage,
  startRauc,
} from "@host-service/fixtures";
import { atEnd } from "./cleanup.ts";
import type { Way } from "./compare.ts";
import { findProgram, shell } from "./run.ts";
import type { Bench } from "./workplace.ts";

export interface UpgradeImage {
  /** A raw image without holes, in the bench's directory. */
  readonly path: string;
  readonly bytes: number;
}

/** Room for what a tool may want behind the image. */
const spareBytes = 16 * 2 ** 20;

export async function upgradePeers(bench: Bench, image: UpgradeImage): Promise<(Way | string)[]> {
  return [await menderWay(bench, image), await raucWay(bench, image), await swupdateWay(bench, image)];
}

/** The client of Debian, stand-alone, with an artifact that is not compressed. */
async function menderWay(bench: Bench, image: UpgradeImage): Promise<Way | string> {
  const missing = missingOf({
    "mender-client": "mender",
    "mender-artifact": "mender-artifact",
    "libubootenv-tool": "fw_setenv",
  });
  if (missing !== undefined) return missing;
  const directory = directoryFor(bench, "mender");
  const artifact = path.join(directory, "image.mender");
  const what = 'mender-artifact write rootfs-image -t edge -n release-2 -f "$1" -o "$2" --compression none';
  await shell(`${what} >/dev/null 2>&1`, image.path, artifact);
  const device = makeMenderDevice({ directory, deviceType: "edge", slotBytes: image.bytes + spareBytes });
  atEnd(() => device.end());
  const install = device.inside("/usr/bin/mender", "--no-syslog", "install", artifact);
  return way("mender install", { image, target: device.slots.b, reset: () => device.reset(), install });
}

/** A plain bundle whose squashfs is not compressed; the service runs already. */
async function raucWay(bench: Bench, image: UpgradeImage): Promise<Way | string> {
  const missing = missingOf({
    rauc: "rauc",
    "dbus-daemon": "dbus-daemon",
    openssl: "openssl",
    "squashfs-tools": "mksquashfs",
  });
  if (missing !== undefined) return missing;
  const directory = directoryFor(bench, "rauc");
  const [a, b] = [attach(directory, "a", image), attach(directory, "b", image)];
  const signer = await makeCertificate(directory, "bench");
  const about = { compatible: "edge", version: "2.0", name: "image", signer };
  const bundle = await makeRaucBundle({ directory, image: linked(image, directory), ...about });
  const devices = { a: a.device, b: b.device };
  const rauc = await startRauc({ directory, certificate: signer.certificate, compatible: "edge", devices });
  atEnd(() => rauc.end());
  const variables = Object.entries(rauc.environment).map(([name, value]) => `${name}=${value}`);
  const reset = async () => {
    b.empty();
    await rauc.reset();
  };
  const install = ["env", ...variables, ...rauc.command, "install", bundle];
  return way("rauc install, plain bundle", { image, target: b, reset, install });
}

/** Its raw handler, which writes while it reads; a signed description, and the image's sha-256 in it. */
async function swupdateWay(bench: Bench, image: UpgradeImage): Promise<Way | string> {
  const missing = missingOf({ swupdate: "swupdate", openssl: "openssl", cpio: "cpio" });
  if (missing !== undefined) return missing;
  const directory = directoryFor(bench, "swupdate");
  const [a, b] = [attach(directory, "a", image), attach(directory, "b", image)];
  const signer = await makeCertificate(directory, "bench");
  const devices = { a: a.device, b: b.device };
  const about = { name: "image", version: "2.0", hardware: "1.0", signer, devices };
  const update = await makeSwupdateImage({ directory, image: linked(image, directory), ...about });
  const arguments_ = ["-M", "-m", "-k", signer.certificate, "-H", "edge:1.0", "-e", "stable,copy-b", "-i", update];
  const install = ["env", `TMPDIR=${directory}`, "swupdate", ...arguments_];
  return way("swupdate, raw handler", { image, target: b, reset: () => b.empty(), install });
}

interface Peer {
  image: UpgradeImage;
  target: LoopDevice;
  reset: () => unknown;
  install: readonly string[];
}

function way(name: string, { image, target, reset, install }: Peer): Way {
  return {
    name,
    before: reset,
    run: () => shell('device=$1; shift; "$@" >/dev/null 2>&1; sync "$device"', target.device, ...install),
    after: () => shell('cmp -n "$3" "$1" "$2"', image.path, target.device, String(image.bytes)),
  };
}

function missingOf(programs: Readonly<Record<string, string>>): string | undefined {
  const missing = Object.entries(programs).filter(([, program]) => findProgram(program) === undefined);
  return missing.length === 0 ? undefined : missing.map(([name]) => name).join(" and ");
}

function directoryFor({ directory }: Bench, name: string): string {
  const made = path.join(directory, name);
  mkdirSync(made);
  return made;
}

/** The makers of bundles link the image into what they pack. */
function linked(image: UpgradeImage, directory: string): string {
  const link = path.join(directory, "image");
  linkSync(image.path, link);
  return link;
}

function attach(directory: string, name: string, image: UpgradeImage): LoopDevice {
  const loop = attachLoop(path.join(directory, name), image.bytes + spareBytes);
  atEnd(() => loop.end());
  return loop;
}
