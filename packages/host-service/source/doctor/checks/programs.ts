// Programs of the host that make something possible, or faster.
import type { Finding } from "@host-service/protocol";
import { ok, problem, warning } from "../finding.ts";
import { ask, findProgram, textOf } from "../world.ts";
import type { World } from "../world.ts";

/** `wanted` are the runtimes of the installed containers. */
export async function examinePrograms(world: World, wanted: Iterable<string>): Promise<Finding[]> {
  const all = [...wanted];
  const runtimes = [await runtime(world, "nspawn", all), await runtime(world, "lxc", all)];
  return [decoders(world), ...runtimes, await portabled(world)];
}

function decoders(world: World): Finding {
  if (findProgram(world, "xz") !== null)
    return ok("decoders", "xz of this host, and the built-in ones for zstd and gzip");
  const message = "there is no xz: archives are decoded by the built-in one, which takes two to three times as long";
  return warning("decoders", message, "install xz-utils, or pack images with zstd");
}

const programs = {
  nspawn: { name: "systemd-nspawn", of: "systemd-container" },
  lxc: { name: "lxc-start", of: "lxc" },
} as const;

async function runtime(world: World, kind: keyof typeof programs, wanted: readonly string[]): Promise<Finding> {
  const { name, of } = programs[kind];
  const check = `runtime ${kind}`;
  const answer = await ask(world, [name, "--version"]);
  if (answer?.status === 0) {
    const version = answer.text.split("\n")[0] ?? "";
    return ok(check, kind === "nspawn" ? `${version}; ${await machined(world)}` : `lxc ${version}`);
  }
  if (wanted.includes(kind)) return problem(check, `a container wants it, and ${name} does not run`, `install ${of}`);
  return ok(check, `not installed, and no container wants it (${of})`);
}

async function machined(world: World): Promise<string> {
  const has = await textOf(world, "usr/share/dbus-1/system-services/org.freedesktop.machine1.service");
  return has === undefined ? "without machined, so machinectl lists no container" : "with machined";
}

/** Many hosts have no portable services and want none, so that this is a note. */
async function portabled(world: World): Promise<Finding> {
  const check = "portable services";
  const activated = "usr/share/dbus-1/system-services/org.freedesktop.portable1.service";
  if ((await textOf(world, activated)) !== undefined) return ok(check, "with systemd-portabled");
  return ok(
    check,
    "not possible: there is no systemd-portabled; hostctl portable needs it (Debian: package systemd-container)",
  );
}
