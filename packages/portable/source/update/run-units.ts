// Stops what an image no longer brings and starts what it does, each by its job's result.
import type { Host, Target } from "./target.ts";
import { notActive } from "./watch.ts";

/** Of these units the ones that run, templates by their instances. */
export async function runningOf(host: Host, units: readonly string[]): Promise<string[]> {
  const running: string[] = [];
  for (const unit of units) {
    const names = unit.includes("@.") ? await host.systemd.list(unit.replace("@.", "@*.")) : [unit];
    for (const name of names) {
      const { activeState } = await host.systemd.view(name);
      if (activeState !== "inactive" && activeState !== "failed") running.push(name);
    }
  }
  return running;
}

/** What ran before and is still there, and what starts with the service, from the image that is attached now. */
export async function startAnew(host: Host, to: Target, ranBefore: readonly string[]): Promise<void> {
  const isOurs = (unit: string) => to.units.includes(unit) || to.units.includes(templateOf(unit));
  await stop(
    host,
    ranBefore.filter((unit) => !isOurs(unit)),
  );
  const again = inOrder([...new Set([...ranBefore.filter(isOurs), ...to.starts])]);
  // A socket does not start while its service runs.
  if (again.some((unit) => unit.endsWith(".socket"))) {
    await stop(
      host,
      again.filter((unit) => unit.endsWith(".service")),
    );
  }
  for (const unit of again) {
    // Each version has its own count of starts: one that failed again and again must not keep the one before from coming back.
    await host.systemd.resetFailed(unit);
    const result = await host.systemd.run("RestartUnit", unit);
    if (result === "done") continue;
    const { statusCode, result: end } = await host.systemd.view(unit);
    const status = statusCode === 0 ? "" : `, status ${statusCode}`;
    throw notActive(unit, `its start ended with "${result}" (result ${end || "none"}${status})`);
  }
}

export async function stop(host: Host, units: readonly string[]): Promise<void> {
  for (const unit of units) await host.systemd.run("StopUnit", unit);
}

function templateOf(unit: string): string {
  return unit.replace(/@[^@]*\./, "@.");
}

/** Sockets first, so that what connects to them waits instead of failing. */
function inOrder(units: readonly string[]): string[] {
  return units.toSorted((one, other) => Number(other.endsWith(".socket")) - Number(one.endsWith(".socket")));
}
