import type { Places } from "../model/places.ts";
import type { Plan } from "../model/plan.ts";

export interface LxcFiles {
  argv: string[];
  /** The text of the file `config` in `runtimeDirectory` (0600: it has the environment). */
  configuration: string;
}

/** lxc-start(1) and lxc.container.conf(5) of LXC 5.0.2. */
export function lxcOf(plan: Plan, places: Places): LxcFiles {
  throw new Error(`not written yet: ${plan.name} ${places.root}`);
}

/** The file that `lxcOf`'s command line names. */
export function lxcConfigurationPath(places: Pick<Places, "runtimeDirectory">): string {
  return `${places.runtimeDirectory}/config`;
}
