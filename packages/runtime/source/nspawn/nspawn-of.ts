import type { Places } from "../model/places.ts";
import type { Plan } from "../model/plan.ts";

export interface NspawnFiles {
  /** The whole command line, the program first. */
  argv: string[];
  /** The text of `/run/systemd/nspawn/NAME.nspawn` (0600: it has the environment). */
  settings: string;
}

/** systemd-nspawn(1) and systemd.nspawn(5) of systemd 252. */
export function nspawnOf(plan: Plan, places: Places): NspawnFiles {
  throw new Error(`not written yet: ${plan.name} ${places.root}`);
}

/** Where systemd-nspawn looks for the settings. One of the same name in /etc/systemd/nspawn would win: `container run` refuses that. */
export function nspawnSettingsPath(name: string): string {
  return `/run/systemd/nspawn/${name}.nspawn`;
}
