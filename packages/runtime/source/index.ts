export { numbersOf } from "./check/device-node.ts";
export type { NodeNumbers } from "./check/device-node.ts";
export { findInit } from "./check/find-init.ts";
export type { FindOptions, FoundInit } from "./check/find-init.ts";
export { checkProgram, hostArchitecture, runs } from "./check/host.ts";
export { isHostMount, openHostPath } from "./check/host-path.ts";
export type { HostPathOptions } from "./check/host-path.ts";
export { checkMountPoints } from "./check/mount-points.ts";
export { resolveInside } from "./check/resolve-inside.ts";
export type { Inside } from "./check/resolve-inside.ts";
export { checkSystemCalls } from "./check/system-calls.ts";
export { RuntimeError } from "./error.ts";
export type { Lacking, RuntimeErrorKind } from "./error.ts";
export { lxcConfigurationPath, lxcOf } from "./lxc/lxc-of.ts";
export type { LxcFiles } from "./lxc/lxc-of.ts";
export type { Grant, RuntimeName } from "./model/grant.ts";
export type { Places } from "./model/places.ts";
export type {
  DeviceNode,
  IdRange,
  Init,
  Limits,
  MetaHints,
  MetaMount,
  Mount,
  MountSource,
  Network,
  Nic,
  NicAddresses,
  Plan,
} from "./model/plan.ts";
export { nspawnOf, nspawnSettingsPath } from "./nspawn/nspawn-of.ts";
export type { NspawnFiles } from "./nspawn/nspawn-of.ts";
export { needsOf } from "./plan/needs-of.ts";
export type { Needs } from "./plan/needs-of.ts";
export { planOf, wantedOf } from "./plan/plan-of.ts";
export type { PlanOptions, Wanted } from "./plan/plan-of.ts";
export { runtimeOf } from "./plan/runtime-of.ts";
export { unusedHints } from "./plan/unused-hints.ts";
export { unitPropertiesOf } from "./units/unit-properties.ts";
