// What the configuration of the host needs of this package: it loads nothing else, as the boot hook reads the configuration, too.
export { capabilityNames } from "./model/capability-names.ts";
export { noGrant } from "./model/grant.ts";
export type { Grant } from "./model/grant.ts";
