import {
  array,
  boolean,
  check,
  integer,
  maxLength,
  minLength,
  minValue,
  number,
  optional,
  picklist,
  pipe,
  record,
  regex,
  strictObject,
  string,
  transform,
  unknown,
} from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { Ceiling } from "./ceiling.ts";

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
const dayMs = 24 * 60 * 60 * 1000;

const AbsolutePath = pipe(string(), regex(/^\/[^\0]*$/, "has to be an absolute path"));
const Command = pipe(array(string()), minLength(1, "a command needs at least the program's name"));
const Count = pipe(number(), integer("has to be a whole number"), minValue(1, "has to be at least 1"));
const Bytes = pipe(number(), integer("has to be a whole number of bytes"), minValue(0, "has to be at least 0"));

const millisecondsPer = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** "500ms", "60s", "5m" or "1h" becomes milliseconds. */
const Duration = pipe(
  string(),
  regex(/^[1-9]\d{0,8}(?:ms|s|m|h)$/, 'has to be a duration such as "500ms", "60s", "5m" or "1h"'),
  transform((text) => {
    const unit = /[a-z]+$/.exec(text)?.[0];
    const factor = unit === "ms" || unit === "s" || unit === "m" || unit === "h" ? millisecondsPer[unit] : 1;
    return Number.parseInt(text, 10) * factor;
  }),
);

const Power = strictObject({
  driver: optional(picklist(["systemd", "command", "none"]), "systemd"),
  reboot: optional(Command),
  suspend: optional(Command),
  reboot_during_trial: optional(picklist(["allow", "refuse"]), "allow"),
});

const Limits = strictObject({
  image_bytes_max: optional(Bytes, 8 * gibibyte),
  unpacked_bytes_max: optional(Bytes, 16 * gibibyte),
  entries_max: optional(Count, 1_000_000),
  stall_timeout: optional(Duration, "60s"),
  /** Left free on the partition of the state, so that records and logs can always be written. */
  reserve_bytes: optional(Bytes, 64 * mebibyte),
  history_bytes_max: optional(Bytes, mebibyte),
  /** Resumable uploads that the host, or one container, may have at a time, and how long they are kept. */
  uploads_max: optional(Count, 4),
  upload_age_max: optional(Duration, "24h"),
  /** A container on trial that ends by itself so often within so long has failed. */
  trial_endings_max: optional(Count, 3),
  trial_endings_within: optional(Duration, "60s"),
});

const KeyId = pipe(
  string(),
  regex(/^[0-9A-Fa-f]{16}$/, "is not a key id: minisign prints it as 16 hexadecimal digits"),
  transform((text) => text.toUpperCase()),
);

/** Of minisign, or the SHA-256 of a PEM key's SubjectPublicKeyInfo. */
const AnyKeyId = pipe(
  string(),
  regex(
    /^(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{64})$/,
    "is not a key id: that of minisign has 16 hexadecimal digits, the fingerprint of a PEM key 64",
  ),
  transform((text) => (text.length === 16 ? text.toUpperCase() : text.toLowerCase())),
);

/** A day counts to its end, in UTC; a time to its instant. Becomes the first instant after it. */
const LastMoment = pipe(
  unknown(),
  // TOML's own dates and times are taken as well as text that looks like one.
  transform((value) => (isTomlTime(value) ? String(value) : value)),
  string(),
  regex(
    /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/,
    'has to be a day such as "2027-12-31", or a time such as "2027-12-31T12:00:00Z"',
  ),
  check(isOnCalendar, "is not on the calendar"),
  transform((text) => new Date(Date.parse(text) + (text.includes("T") ? 0 : dayMs))),
);

const KeyFiles = optional(array(pipe(string(), minLength(1, "has to name a file"))), []);

const ContainerVerification = strictObject({
  keys: KeyFiles,
  require_signature: optional(boolean()),
  revoked: optional(array(KeyId), []),
  not_after: optional(record(KeyId, LastMoment), {}),
});

const SystemVerification = strictObject({
  keys: KeyFiles,
  require_signature: optional(boolean()),
  revoked: optional(array(AnyKeyId), []),
  not_after: optional(record(AnyKeyId, LastMoment), {}),
  /** What is taken of images that are no Mender artifacts. "accept" without keys, else "signed". */
  raw_images: optional(picklist(["refuse", "digest", "signed", "accept"])),
});

const twoOf = "has to name two, of slot a and of slot b";
const PartitionNumber = pipe(number(), integer("has to be a whole number"), minValue(1, "has to be at least 1"));

/** How the host itself is upgraded; without it, it is not. */
const Upgrade = strictObject({
  backend: optional(picklist(["partitions", "mender", "rauc", "swupdate"]), "partitions"),
  device_type: optional(pipe(string(), minLength(1, "has to be a word"))),
  /** The devices of the two root file systems. */
  slots: pipe(array(AbsolutePath), minLength(2, twoOf), maxLength(2, twoOf)),
  boot_environment: optional(picklist(["u-boot", "grub", "systemd-boot"])),
  boot_environment_file: optional(AbsolutePath),
  /** The partitions' numbers, as the boot loader knows them, where their devices do not say. */
  boot_parts: optional(pipe(array(PartitionNumber), minLength(2, twoOf), maxLength(2, twoOf))),
  /** The boot entries of systemd-boot. */
  boot_entries: optional(pipe(array(string()), minLength(2, twoOf), maxLength(2, twoOf))),
  /** Runs the back end's tool, where it is not the one on the path. */
  command: optional(Command),
  /** What `{slot}` in the command of swupdate becomes; "a" and "b" without it. */
  slot_names: optional(pipe(array(string()), minLength(2, twoOf), maxLength(2, twoOf))),
  allow_downgrade: optional(boolean(), false),
  /** What the image that the device came with provides, for `artifact_depends`. */
  provides: optional(record(string(), string()), {}),
  commit: optional(
    strictObject({
      /** Commands that all have to end with 0 before a trial is committed without being asked. */
      checks: pipe(array(Command), minLength(1, "has to name at least one command")),
      interval: optional(Duration, "10s"),
      /** A trial that does not pass within this time is rolled back. */
      timeout: optional(Duration, "10m"),
    }),
  ),
});

/** Portable services of the host's systemd. */
const Portable = strictObject({
  /** As in DBUS_SYSTEM_BUS_ADDRESS. */
  bus: optional(
    pipe(string(), regex(/^unix:path=\/[^,;]+$/, 'has to be such as "unix:path=/run/dbus/system_bus_socket"')),
  ),
  /** How long a new version is watched before its attach counts. */
  dwell: optional(Duration, "10s"),
});

/** What `/1.0/images/{fingerprint}/export` of the guest API may give out: one file, or metadata and rootfs. */
const GuestImage = strictObject({
  path: optional(AbsolutePath),
  metadata: optional(AbsolutePath),
  rootfs: optional(AbsolutePath),
  public: optional(boolean(), true),
});

/** The configuration file. Every key is checked; an unknown one is an error that names the nearest. */
export const ConfigurationFile = strictObject({
  socket: optional(AbsolutePath, "/run/host-service"),
  run_dir: optional(AbsolutePath, "/run/host-service.d"),
  state_dir: optional(AbsolutePath, "/var/lib/host-service"),
  power: optional(Power, {}),
  limits: optional(Limits, {}),
  verify: optional(
    strictObject({ container: optional(ContainerVerification, {}), system: optional(SystemVerification, {}) }),
    {},
  ),
  upgrade: optional(Upgrade),
  portable: optional(Portable, {}),
  guest_api: optional(
    strictObject({ images: optional(record(string(), GuestImage), {}), keep_images: optional(boolean(), false) }),
    {},
  ),
  containers: optional(record(string(), Ceiling), {}),
});
export type ConfigurationFile = InferOutput<typeof ConfigurationFile>;

function isTomlTime(value: unknown): boolean {
  return Object.prototype.toString.call(value).startsWith("[object Temporal.");
}

/** The runtime takes February 30th for March 2nd. */
function isOnCalendar(text: string): boolean {
  const day = text.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(Date.parse(text)) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
