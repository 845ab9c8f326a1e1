// What `systemctl show` says of a container's unit, as values.
import type { Ending } from "./endings.ts";

export type UnitState = "running" | "starting" | "restarting" | "stopping" | "stopped" | "failed";

export interface UnitStatus {
  state: UnitState;
  /** RFC 3339: since when it runs, or does not; absent where it has not run in this boot. */
  since?: string;
  /** Of the supervisor; the container's init is below it. */
  pid?: number;
  /** Why it ended last, where it has ended and does not run again. */
  ended?: Pick<Ending, "result" | "code" | "status">;
}

export const shownProperties = [
  "LoadState",
  "ActiveState",
  "SubState",
  "Result",
  "MainPID",
  "ActiveEnterTimestamp",
  "InactiveEnterTimestamp",
  "ExecMainCode",
  "ExecMainStatus",
] as const;

/** The lines `Name=value` of `systemctl show`. */
export function propertiesOf(output: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of output.split("\n")) {
    const end = line.indexOf("=");
    if (end > 0) properties.set(line.slice(0, end), line.slice(end + 1));
  }
  return properties;
}

export function unitStatusOf(properties: ReadonlyMap<string, string>): UnitStatus {
  const state = stateOf(properties.get("ActiveState"), properties.get("SubState"));
  const isUp = state === "running" || state === "stopping";
  const since = timeOf(properties.get(isUp ? "ActiveEnterTimestamp" : "InactiveEnterTimestamp"));
  const pid = Number(properties.get("MainPID") ?? 0);
  const ended = isUp || state === "starting" ? undefined : endedOf(properties);
  return {
    state,
    ...(since === undefined ? {} : { since }),
    ...(pid > 0 ? { pid } : {}),
    ...(ended === undefined ? {} : { ended }),
  };
}

/** ActiveState and SubState of systemd; a word that a later systemd adds counts as one that does not run. */
function stateOf(active: string | undefined, sub: string | undefined): UnitState {
  if (active === "activating" && sub?.startsWith("auto-restart") === true) return "restarting";
  return states[active ?? ""] ?? "stopped";
}

const states: Readonly<Record<string, UnitState>> = {
  active: "running",
  reloading: "running",
  refreshing: "running",
  activating: "starting",
  deactivating: "stopping",
  inactive: "stopped",
  failed: "failed",
};

/** ExecMainCode is waitid's (CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3), and 0 where nothing has ended yet. */
const endCodes: Readonly<Record<string, string>> = { "1": "exited", "2": "killed", "3": "dumped" };

function endedOf(properties: ReadonlyMap<string, string>): UnitStatus["ended"] {
  const code = endCodes[properties.get("ExecMainCode") ?? "0"] ?? "";
  const result = properties.get("Result") ?? "success";
  if (code === "" && result === "success") return undefined;
  return { result, code, status: properties.get("ExecMainStatus") ?? "" };
}

/** "Wed 2026-11-25 17:47:24 UTC", as it is with TZ=UTC and LC_ALL=C. */
function timeOf(text: string | undefined): string | undefined {
  const found = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? UTC$/.exec(text ?? "");
  return found === null ? undefined : `${found[1]}T${found[2]}Z`;
}
