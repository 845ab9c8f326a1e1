import {
  array,
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
} from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { callGroups } from "@host-service/protocol";

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

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
});

/** The ceiling: what the host grants to one container. */
const Ceiling = strictObject({
  allow: optional(array(picklist(callGroups)), [...callGroups]),
});

/** The configuration file. Every key is checked; an unknown one is an error that names the nearest. */
export const ConfigurationFile = strictObject({
  socket: optional(AbsolutePath, "/run/host-service"),
  run_dir: optional(AbsolutePath, "/run/host-service.d"),
  state_dir: optional(AbsolutePath, "/var/lib/host-service"),
  power: optional(Power, {}),
  limits: optional(Limits, {}),
  containers: optional(record(string(), Ceiling), {}),
});
export type ConfigurationFile = InferOutput<typeof ConfigurationFile>;
