export type { BootLoader, BootView } from "./boot-loader.ts";
export { UpgradeError } from "./error.ts";
export type { UpgradeErrorKind } from "./error.ts";
export type { InstalledImage, Installer, InstallOptions, InstallProgress, UpgradeSource } from "./installer.ts";
export { partitionsInstaller } from "./partitions/installer.ts";
export type { PartitionsOptions, PartitionsRequest } from "./partitions/installer.ts";
