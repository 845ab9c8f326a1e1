import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { CallGroup } from "@host-service/protocol";
import type { Grant } from "@host-service/runtime/grant";
import { parse } from "@host-service/schema";
import { allowOf, grantsOf, ownFiles, portableProfilesOf } from "./ceiling.ts";
import type { OfferedImage } from "../guests/guest-images.ts";
import { ConfigurationError } from "./error.ts";
import { ConfigurationFile } from "./schema.ts";
import type { Verification } from "./trusted-keys.ts";
import { upgradeOf } from "./upgrade.ts";
import type { UpgradeConfiguration } from "./upgrade.ts";

export const defaultConfigurationPath = "/etc/host-service/config.toml";

/** A configuration is text that a person wrote; more than this is a mistake. */
const fileBytesMax = 1024 * 1024;

export type PowerConfiguration =
  | { driver: "systemd" | "none"; rebootDuringTrial: "allow" | "refuse" }
  | {
      driver: "command";
      reboot: readonly string[] | undefined;
      suspend: readonly string[] | undefined;
      rebootDuringTrial: "allow" | "refuse";
    };

export interface Limits {
  imageBytesMax: number;
  unpackedBytesMax: number;
  entriesMax: number;
  stallTimeoutMs: number;
  reserveBytes: number;
  historyBytesMax: number;
  uploadsMax: number;
  uploadAgeMaxMs: number;
  trialEndingsMax: number;
  trialEndingsWithinMs: number;
}

/** What is taken of images that are no Mender artifacts. */
export type RawImages = "refuse" | "digest" | "signed" | "accept";

export interface Configuration {
  socketPath: string;
  runDirectory: string;
  stateDirectory: string;
  power: PowerConfiguration;
  limits: Limits;
  /** Whose images are taken, by what they are for; `loadPolicy` reads the keys. */
  verify: { container: Verification; system: Verification & { rawImages: RawImages } };
  /** How the host itself is upgraded; undefined where it is not. */
  upgrade: UpgradeConfiguration | undefined;
  /** Portable services; without a bus the system's own is meant. */
  portable: { bus: string | undefined; dwellMs: number; profilesOf: (container: string) => readonly string[] };
  /** What the guests may take by their guest API. */
  guestImages: readonly OfferedImage[];
  /** Whether the archives of an installed image stay in its slot, for its container to export. */
  keepsImages: boolean;
  /** Where this was read; the paths in it are relative to its directory. */
  file: { path: string; directory: string };
  /** By container name. A container that is not listed may make every group of calls, as the design promises. */
  allow: ReadonlyMap<string, readonly CallGroup[]>;
  /** By container name: the host reboots to leave a trial that failed. */
  rebootsAfterTrial: ReadonlySet<string>;
  /** What the config.yaml of a container may ask for. */
  grantOf: (name: string) => Grant;
}

/**
 * The configuration of `path`, or the defaults where no path was asked for and the default file is not there.
 * Throws ConfigurationError.
 */
export async function loadConfiguration(path: string | undefined): Promise<Configuration> {
  const text = await readConfiguration(path ?? defaultConfigurationPath, path !== undefined);
  return parseConfiguration(text, path ?? defaultConfigurationPath);
}

async function readConfiguration(path: string, mustExist: boolean): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.byteLength > fileBytesMax) {
      throw new ConfigurationError(path, `it has ${bytes.byteLength} bytes, and at most ${fileBytesMax} are read`);
    }
    return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT" && !mustExist) return "";
    throw new ConfigurationError(path, readFailures[code] ?? `reading it failed with ${code}`, { cause: error });
  }
}

const readFailures: Record<string, string> = {
  ENOENT: "there is no such file; give another with --config, or leave --config out for the defaults",
  EISDIR: "it is a directory",
  EACCES: "this user may not read it; run as root",
};

/** Checks and completes the text of a configuration file. `path` is for messages only. */
export function parseConfiguration(text: string, path: string): Configuration {
  const file = parse(ConfigurationFile, parseToml(text, path), { subject: path });
  return {
    socketPath: file.socket,
    runDirectory: file.run_dir,
    stateDirectory: file.state_dir,
    power: powerOf(file.power, path),
    limits: {
      imageBytesMax: file.limits.image_bytes_max,
      unpackedBytesMax: file.limits.unpacked_bytes_max,
      entriesMax: file.limits.entries_max,
      stallTimeoutMs: file.limits.stall_timeout,
      reserveBytes: file.limits.reserve_bytes,
      historyBytesMax: file.limits.history_bytes_max,
      uploadsMax: file.limits.uploads_max,
      uploadAgeMaxMs: file.limits.upload_age_max,
      trialEndingsMax: file.limits.trial_endings_max,
      trialEndingsWithinMs: file.limits.trial_endings_within,
    },
    verify: {
      container: verificationOf("verify.container", file.verify.container, path),
      system: {
        ...verificationOf("verify.system", file.verify.system, path),
        rawImages: rawImagesOf(file.verify.system, path),
      },
    },
    upgrade: file.upgrade && upgradeOf(file.upgrade, path),
    portable: {
      bus: file.portable.bus,
      dwellMs: file.portable.dwell,
      profilesOf: portableProfilesOf(file.containers),
    },
    guestImages: guestImagesOf(file.guest_api.images, path),
    keepsImages: file.guest_api.keep_images,
    file: { path, directory: dirname(resolve(path)) },
    rebootsAfterTrial: new Set(
      Object.entries(file.containers).flatMap(([name, ceiling]) => (ceiling.trial_failure === "reboot" ? [name] : [])),
    ),
    allow: allowOf(file.containers, path),
    grantOf: grantsOf(file.containers, {
      socketPath: file.socket,
      runDirectory: file.run_dir,
      stateDirectory: file.state_dir,
      files: ownFiles(path, defaultConfigurationPath),
    }),
  };
}

function parseToml(text: string, path: string): unknown {
  try {
    return Bun.TOML.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
    throw new ConfigurationError(path, `it is not TOML: ${why}`, { cause: error });
  }
}

function powerOf(power: ConfigurationFile["power"], path: string): PowerConfiguration {
  const rebootDuringTrial = power.reboot_during_trial;
  if (power.driver === "command") {
    return { driver: "command", reboot: power.reboot, suspend: power.suspend, rebootDuringTrial };
  }
  const stray = power.reboot !== undefined ? "reboot" : power.suspend !== undefined ? "suspend" : undefined;
  if (stray !== undefined) {
    throw new ConfigurationError(
      path,
      `"power.${stray}" is a command, but "power.driver" is "${power.driver}"; set driver = "command"`,
    );
  }
  return { driver: power.driver, rebootDuringTrial };
}

/** Who gives keys wants signatures, unless the file says otherwise. */
function verificationOf(section: string, given: ConfigurationFile["verify"]["container"], path: string): Verification {
  const { keys, revoked, not_after: lastMoments } = given;
  const requireSignature = given.require_signature ?? keys.length > 0;
  if (requireSignature && keys.length === 0) {
    throw new ConfigurationError(
      path,
      `"${section}.require_signature" is true, but there are no keys; set keys = ["keys/*.pub"]`,
    );
  }
  return { section, keys, requireSignature, revoked: new Set(revoked), expiry: new Map(Object.entries(lastMoments)) };
}

function rawImagesOf({ raw_images: given, keys }: ConfigurationFile["verify"]["system"], path: string): RawImages {
  if (given === "signed" && keys.length === 0) {
    throw new ConfigurationError(path, '"verify.system.raw_images" is "signed", but there are no keys; set keys');
  }
  return given ?? (keys.length === 0 ? "accept" : "signed");
}

function guestImagesOf(images: ConfigurationFile["guest_api"]["images"], path: string): OfferedImage[] {
  return Object.entries(images).map(([name, image]) => {
    const { metadata, rootfs, public: isPublic } = image;
    if (image.path !== undefined && metadata === undefined && rootfs === undefined) {
      return { name, files: { path: image.path }, isPublic };
    }
    if (image.path === undefined && metadata !== undefined && rootfs !== undefined) {
      return { name, files: { metadata, rootfs }, isPublic };
    }
    throw new ConfigurationError(path, `"guest_api.images.${name}" has to name path, or both metadata and rootfs`);
  });
}
