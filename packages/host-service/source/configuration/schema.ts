import {
  array,
  boolean,
  check,
  integer,
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
import { callGroups } from "@host-service/protocol";

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
});

/** The ceiling: what the host grants to one container. */
const Ceiling = strictObject({
  allow: optional(array(picklist(callGroups)), [...callGroups]),
});

const KeyId = pipe(
  string(),
  regex(/^[0-9A-Fa-f]{16}$/, "is not a key id: minisign prints it as 16 hexadecimal digits"),
  transform((text) => text.toUpperCase()),
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

const Verification = strictObject({
  keys: optional(array(pipe(string(), minLength(1, "has to name a file"))), []),
  require_signature: optional(boolean()),
  revoked: optional(array(KeyId), []),
  not_after: optional(record(KeyId, LastMoment), {}),
});

/** The configuration file. Every key is checked; an unknown one is an error that names the nearest. */
export const ConfigurationFile = strictObject({
  socket: optional(AbsolutePath, "/run/host-service"),
  run_dir: optional(AbsolutePath, "/run/host-service.d"),
  state_dir: optional(AbsolutePath, "/var/lib/host-service"),
  power: optional(Power, {}),
  limits: optional(Limits, {}),
  verify: optional(strictObject({ container: optional(Verification, {}) }), {}),
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
