// The units of the package: whether the next boot starts them, and whether this one did.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "@host-service/protocol";
import { ok, problem, warning } from "../finding.ts";
import { ask } from "../world.ts";
import type { World } from "../world.ts";

const hook = "host-service-boot.service";
const units = [hook, "host-service.service", "host-service-containers.service", "host-service.target"] as const;

/** With those of the containers that we run; a container may be stopped, and that is no fault. */
export async function examineUnits(world: World, containers: Iterable<string>): Promise<Finding[]> {
  if (!(await isSystemd(world))) return [withoutSystemd()];
  const own = await Promise.all(units.map((unit) => examineUnit(world, unit)));
  return [...own, ...(await Promise.all([...containers].map((name) => examineContainer(world, name))))];
}

/** sd_booted(3) */
function isSystemd(world: World): Promise<boolean> {
  return stat(join(world.root, "run/systemd/system")).then(
    () => true,
    () => false,
  );
}

function withoutSystemd(): Finding {
  const message = "this host was not booted by systemd: its own init has to run host-service boot before any container";
  return warning("units", message, "see the units in packaging/ for what has to run, and in which order");
}

async function examineUnit(world: World, unit: string): Promise<Finding> {
  const check = `unit ${unit}`;
  const value = await propertiesOf(world, unit);
  if (value === undefined) return problem(check, "systemctl does not tell", "see whether systemctl status works");
  if (value("LoadState") !== "loaded") {
    const masked = value("LoadState") === "masked";
    const next = masked ? `run systemctl unmask ${unit}` : "install the host-service package, or its units";
    return problem(check, masked ? "it is masked" : "it is not installed", next);
  }
  if (value("ActiveState") === "failed") {
    const next = `see journalctl --unit ${unit}, then systemctl restart ${unit}`;
    return problem(check, `it failed (${value("Result")})`, next);
  }
  const isEnabled = ["enabled", "enabled-runtime", "static", "alias", "generated"].includes(value("UnitFileState"));
  const next = `run systemctl enable --now ${unit}`;
  if (!isEnabled) {
    return unit === hook
      ? problem(check, "it is disabled: after the next boot nothing can be changed", next)
      : warning(check, "it is disabled: the next boot does not start it", next);
  }
  if (value("ActiveState") === "active") return ok(check, "enabled and active");
  return warning(check, `it is ${value("ActiveState")}`, `run systemctl start ${unit}`);
}

async function examineContainer(world: World, name: string): Promise<Finding> {
  const check = `unit host-service-container@${name}.service`;
  const state = (await propertiesOf(world, `host-service-container@${name}.service`))?.("ActiveState");
  if (state !== "failed") return ok(check, state ?? "systemctl does not tell");
  return problem(check, "it failed", `see hostctl container logs --name ${name}`);
}

async function propertiesOf(world: World, unit: string): Promise<((name: string) => string) | undefined> {
  const names = "LoadState,ActiveState,UnitFileState,Result";
  const answer = await ask(world, ["systemctl", "show", `--property=${names}`, unit]);
  if (answer?.status !== 0) return undefined;
  return (name) => new RegExp(`^${name}=(.*)$`, "m").exec(answer.text)?.[1] ?? "";
}
