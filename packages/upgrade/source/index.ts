export type { BootLoader, BootView } from "./boot-loader.ts";
export { UpgradeError } from "./error.ts";
export type { UpgradeErrorKind } from "./error.ts";
export type { InstalledImage, Installer, InstallOptions, InstallProgress, UpgradeSource } from "./installer.ts";
export { resolveSystem } from "./life/resolve-system.ts";
export type { ResolveSystemOptions, SystemBoot } from "./life/resolve-system.ts";
export { openSystem } from "./life/system.ts";
export type { HostSystem, SystemOptions, Upgrade, Upgraded, UpgradeOptions } from "./life/system.ts";
