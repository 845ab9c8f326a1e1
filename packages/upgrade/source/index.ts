export type { BootLoader, BootView } from "./boot-loader.ts";
export type { SlotPlaces } from "./boot-environment/mender-loader.ts";
export type { Partitions } from "./boot-environment/mender-variables.ts";
export { type BootEnvironmentChoice, openBootLoader } from "./boot-environment/open.ts";
export { type BootEntries, systemdBootLoader, type SystemdBootOptions } from "./boot-environment/systemd-boot.ts";
export { grubLoader, type GrubOptions } from "./boot-environment/grub.ts";
export type { ToolOptions } from "./boot-environment/tool.ts";
export { uBootLoader, type UBootOptions } from "./boot-environment/u-boot.ts";
export { UpgradeError } from "./error.ts";
export type { UpgradeErrorKind } from "./error.ts";
export type { InstalledImage, Installer, InstallOptions, InstallProgress, UpgradeSource } from "./installer.ts";
<<<<<<< HEAD
export { resolveSystem } from "./life/resolve-system.ts";
export type { ResolveSystemOptions, SystemBoot } from "./life/resolve-system.ts";
export { openSystem } from "./life/system.ts";
export type { HostSystem, SystemOptions, Upgrade, Upgraded, UpgradeOptions } from "./life/system.ts";
=======
export { menderBackend } from "./tools/mender/mender-backend.ts";
export type { MenderConfiguration, MenderImage, MenderRequest } from "./tools/mender/mender-backend.ts";
export { raucBackend } from "./tools/rauc/rauc-backend.ts";
export type { RaucConfiguration } from "./tools/rauc/rauc-backend.ts";
export type { ToolConfiguration } from "./tools/run/tool.ts";
export { swupdateBackend } from "./tools/swupdate/swupdate-backend.ts";
export type { SwupdateConfiguration } from "./tools/swupdate/swupdate-backend.ts";
export type { BySlot, HandedImage, ToolBackend } from "./tools/tool-backend.ts";
>>>>>>> tools
