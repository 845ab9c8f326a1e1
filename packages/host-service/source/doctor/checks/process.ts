// Of the daemon itself, of the clock, and of what lies beside the program for containers.
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Finding } from "@host-service/protocol";
import { ok, problem, warning } from "../finding.ts";
import { textOf } from "../world.ts";
import type { World } from "../world.ts";

/** Of the unit; below it, many idle clients take the descriptors of those who work. */
const openFilesMin = 65_536;
/** No clock of a running host shows less: this program is younger. */
const firstDay = new Date("2026-01-01T00:00:00Z");
const harmful = ["BUN_OPTIONS", "BUN_BE_BUN"];

export async function examineProcess(world: World, stateDirectory: string): Promise<Finding[]> {
  return [
    environment(world),
    ...(world.daemon === undefined ? [] : [await openFiles(world)]),
    await clock(world, stateDirectory),
    ...(await containerFiles(world)),
  ];
}

function environment(world: World): Finding {
  const set = harmful.filter((name) => world.environment[name] !== undefined);
  if (set.length === 0) return ok("environment", "nothing in it changes what the program is");
  const message = `${set.join(" and ")} can make this program run other code`;
  return warning(
    "environment",
    message,
    `unset it where the program is started; in a unit: UnsetEnvironment=${harmful.join(" ")}`,
  );
}

async function openFiles(world: World): Promise<Finding> {
  const check = "open files";
  const most = /^Max open files\s+(\S+)/m.exec((await textOf(world, "proc/self/limits")) ?? "")?.[1] ?? "0";
  if (most === "unlimited" || Number(most) >= openFilesMin) return ok(check, `the daemon may have ${most}`);
  const message = `the daemon may have ${most}: that many idle clients stop it from answering`;
  return warning(check, message, `set LimitNOFILE=${openFilesMin} in its unit`);
}

async function clock(world: World, stateDirectory: string): Promise<Finding> {
  const now = world.now.toISOString().slice(0, 19);
  const next = "set the clock, and let an NTP client keep it: keys and histories go by it";
  if (world.now < firstDay) return warning("clock", `it shows ${now}Z, which is past`, next);
  const history = await stat(join(stateDirectory, "history.ndjson")).catch(() => undefined);
  if (history !== undefined && history.mtime.getTime() > world.now.getTime() + 60_000) {
    return warning("clock", `it shows ${now}Z, and the history was written later than that`, next);
  }
  return ok("clock", `${now}Z`);
}

/** Only where the program lies as the package puts it. */
async function containerFiles(world: World): Promise<Finding[]> {
  const check = "hostctl in containers";
  const directory = dirname(world.program[0] ?? "");
  if (basename(directory) !== "lib") return [];
  const next = "run host-service container-files";
  const copy = await readFile(join(directory, "libc.so.6")).catch(() => undefined);
  if (copy === undefined) return [problem(check, `its libraries are not in "${directory}"`, next)];
  const loaded = /(\/\S*\/libc[.-]\S*)$/m.exec((await textOf(world, "proc/self/maps")) ?? "")?.[1];
  const original = loaded === undefined ? undefined : await readFile(join(world.root, loaded)).catch(() => undefined);
  if (original !== undefined && !original.equals(copy)) {
    return [warning(check, "its libraries are not those of this host any more", next)];
  }
  return [ok(check, `its libraries are in "${directory}"`)];
}
