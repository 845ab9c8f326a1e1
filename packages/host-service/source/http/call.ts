import type { Uploads } from "@host-service/ingest";
import type { Configuration } from "../configuration/configuration.ts";
import type { Containers } from "../containers/containers.ts";
import type { Guests } from "../guests/guests.ts";
import type { HandOvers } from "../hand-overs/hand-overs.ts";
import type { History } from "../history.ts";
import type { Principal } from "../listeners/principal.ts";
import type { Log } from "../log.ts";
import type { Operations } from "../operations/registry.ts";
import type { Portable } from "../portable/portable.ts";
import type { System } from "../system/system.ts";

/** What every call of a listener can reach. */
export interface CallContext {
  configuration: Configuration;
  bootId: string;
  /** The argv that starts this program again. */
  program: readonly string[];
  containers: Containers;
  guests: Guests;
  system: System;
  portable: Portable;
  uploads: Uploads;
  handOvers: HandOvers;
  operations: Operations;
  history: History;
  log: Log;
}

/** One request on its way to what answers it. */
export interface Call {
  request: Request;
  principal: Principal;
  context: CallContext;
  /** What stands in the path for the parameters of the route. */
  parameters: Readonly<Record<string, string>>;
}
