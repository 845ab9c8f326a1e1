export { RuntimeError } from "./error.ts";
export type { RuntimeErrorKind } from "./error.ts";
export { lxcConfigurationPath, lxcOf } from "./lxc/lxc-of.ts";
export type { LxcFiles } from "./lxc/lxc-of.ts";
export { noGrant } from "./model/grant.ts";
export type { Grant, RuntimeName } from "./model/grant.ts";
export type { Places } from "./model/places.ts";
export type {
  DeviceNode,
  IdRange,
  Init,
  Limits,
  MetaHints,
  Mount,
  MountSource,
  Network,
  Nic,
  NicAddresses,
  Plan,
} from "./model/plan.ts";
export { nspawnOf, nspawnSettingsPath } from "./nspawn/nspawn-of.ts";
export type { NspawnFiles } from "./nspawn/nspawn-of.ts";
export { planOf } from "./plan/plan-of.ts";
export type { PlanOptions } from "./plan/plan-of.ts";
export { unitPropertiesOf } from "./unit/unit-properties.ts";
