// `security.syscalls.deny`: systemd-nspawn passes over a name that it does not know, so that a misspelt one would deny nothing.
import { nearest } from "@host-service/schema";
import { RuntimeError } from "../error.ts";

const key = "security.syscalls.deny";

/** Throws RuntimeError where systemd of this host does not know one of the names ("swapon") or groups ("@clock"). */
export function checkSystemCalls(
  names: readonly string[],
  { path, deed }: { path: string | undefined; deed: string },
): void {
  if (names.length === 0) return;
  const program = Bun.which("systemd-analyze", path === undefined ? {} : { PATH: path });
  if (program === null) {
    const why = `this host has no systemd-analyze, which knows the names in "${key}"`;
    throw new RuntimeError("not-supported", `Cannot ${deed}: ${why}; install systemd, or leave the key out`, { key });
  }
  const listed = Bun.spawnSync([program, "syscall-filter", "--no-pager"], { env: {}, stderr: "ignore" });
  const known = new Set(listed.stdout.toString().match(/(?<=^\s*)@?[a-z0-9_-]+$/gmu));
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const meant = nearest(unknown, [...known]);
  const hint = meant === undefined ? 'see "systemd-analyze syscall-filter"' : `did you mean "${meant}"?`;
  throw new RuntimeError(
    "value",
    `Cannot ${deed}: "${key}" in config.yaml has an unknown name, "${unknown}"; ${hint}`,
    {
      key,
    },
  );
}
