// What the boot hook needs: which slot runs, what the boot loader says, and the decision. It loads no back end that installs.
export type { BootLoader, BootView } from "./boot-loader.ts";
export { openBootLoader } from "./boot-environment/open.ts";
export { partitionNumber, runningSlot } from "./device/running-root.ts";
export { UpgradeError } from "./error.ts";
export { resolveSystem } from "./life/resolve-system.ts";
export type { SystemBoot } from "./life/resolve-system.ts";
export { menderBootLoader } from "./tools/mender/mender-boot-loader.ts";
export { menderTool } from "./tools/mender/mender-program.ts";
export { raucBootLoader } from "./tools/rauc/rauc-boot-loader.ts";
export { raucTool } from "./tools/rauc/rauc-program.ts";
