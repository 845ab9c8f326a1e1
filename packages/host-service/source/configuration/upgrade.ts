// What `[upgrade]` says, with what only some back ends can be told: a key that would be ignored is an error.
import { ConfigurationError } from "./error.ts";
import type { ConfigurationFile } from "./schema.ts";

type Section = NonNullable<ConfigurationFile["upgrade"]>;
export type Pair<Value> = Readonly<Record<"a" | "b", Value>>;

/** What decides which slot boots. */
export type BootEnvironment =
  | { kind: "u-boot" | "grub"; file: string | undefined; parts: Pair<number> | undefined }
  | { kind: "systemd-boot"; entries: Pair<string> };

export type UpgradeConfiguration = {
  devices: Pair<string>;
  /** Absent where nobody compares it. */
  deviceType: string | undefined;
  allowDowngrade: boolean;
  provides: Readonly<Record<string, string>>;
  commit: { checks: readonly (readonly string[])[]; intervalMs: number; timeoutMs: number } | undefined;
} & (
  | { backend: "partitions"; bootEnvironment: BootEnvironment }
  | { backend: "mender"; bootEnvironment: BootEnvironment; command: readonly string[] | undefined }
  | {
      backend: "swupdate";
      bootEnvironment: BootEnvironment;
      command: readonly string[];
      slotNames: Pair<string> | undefined;
    }
  | { backend: "rauc"; command: readonly string[] | undefined }
);

export function upgradeOf(section: Section, path: string): UpgradeConfiguration {
  const { backend, command, commit } = section;
  const refuse = (key: string, why: string): never => {
    throw new ConfigurationError(path, `"upgrade.${key}" ${why}`);
  };
  const [a, b] = section.slots;
  if (a === b) refuse("slots", `names "${a}" twice`);
  const common = {
    devices: pairOf(section.slots),
    deviceType: section.device_type,
    allowDowngrade: section.allow_downgrade,
    provides: section.provides,
    commit: commit && { checks: commit.checks, intervalMs: commit.interval, timeoutMs: commit.timeout },
  };
  const { slot_names: slotNames } = section;
  if (slotNames !== undefined && backend !== "swupdate") {
    refuse("slot_names", `is not used with backend = "${backend}"; leave it out`);
  }
  switch (backend) {
    case "rauc": {
      const stray = (["boot_environment", "boot_environment_file", "boot_parts", "boot_entries"] as const).find(
        (key) => section[key] !== undefined,
      );
      if (stray !== undefined) refuse(stray, "is not used: RAUC has its own boot loader settings; leave it out");
      return { ...common, backend, command };
    }
    case "partitions":
      if (command !== undefined) refuse("command", 'is not used with backend = "partitions"; leave it out');
      if (section.device_type === undefined) refuse("device_type", "is missing; artifacts are compared with it");
      return { ...common, backend, bootEnvironment: bootEnvironmentOf(section, refuse) };
    case "mender":
      return { ...common, backend, command, bootEnvironment: bootEnvironmentOf(section, refuse) };
    case "swupdate":
      if (command === undefined) {
        return refuse(
          "command",
          'is missing, such as ["swupdate", "-k", "/etc/swupdate/cert.pem", "-e", "stable,copy-{slot}"]',
        );
      }
      if (!command.slice(1).some((word) => word.includes("{slot}"))) {
        refuse("command", 'has no "{slot}", so that the image alone would decide which slot is overwritten');
      }
      return {
        ...common,
        backend,
        command,
        slotNames: slotNames && pairOf(slotNames),
        bootEnvironment: bootEnvironmentOf(section, refuse),
      };
  }
}

function bootEnvironmentOf(section: Section, refuse: (key: string, why: string) => never): BootEnvironment {
  const { boot_environment: kind, boot_environment_file: file, boot_parts: parts, boot_entries: entries } = section;
  switch (kind) {
    case undefined:
      return refuse("boot_environment", 'is missing; it is "u-boot", "grub" or "systemd-boot"');
    case "u-boot":
    case "grub":
      if (entries !== undefined) refuse("boot_entries", `is not used with boot_environment = "${kind}"; leave it out`);
      if (parts !== undefined && parts[0] === parts[1]) refuse("boot_parts", `names ${parts[0]} twice`);
      return { kind, file, parts: parts && pairOf(parts) };
    case "systemd-boot":
      if (file !== undefined) refuse("boot_environment_file", "is not used with systemd-boot; leave it out");
      if (parts !== undefined) refuse("boot_parts", "is not used with systemd-boot; give boot_entries");
      if (entries === undefined) return refuse("boot_entries", 'is missing, such as ["root-a.conf", "root-b.conf"]');
      if (entries[0] === entries[1]) refuse("boot_entries", `names "${entries[0]}" twice`);
      return { kind, entries: pairOf(entries) };
  }
}

/** The schema has seen to it that there are two. */
function pairOf<Value>([a, b]: readonly Value[]): Pair<Value> {
  if (a === undefined || b === undefined) throw new Error("Invariant: a pair has two members");
  return { a, b };
}
