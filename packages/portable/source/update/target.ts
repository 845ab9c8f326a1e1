import type { Portabled, Prefixes } from "../bus/portabled.ts";
import type { Systemd } from "../bus/systemd.ts";

/** An image of a service in its slot, as it is to be attached. */
export interface Target {
  service: string;
  /** The real path. */
  image: string;
  prefixes: Prefixes;
  profile: string;
  /** All units that it brings. */
  units: readonly string[];
  /** Those of them that are started with the service. */
  starts: readonly string[];
}

/** The host's systemd, as it is reached. */
export interface Host {
  portabled: Portabled;
  systemd: Systemd;
  /** "/", but for tests. */
  root: string;
}
