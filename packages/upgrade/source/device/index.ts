// What the boot hook needs of this package: light, and without the back ends.
export { blockDeviceAt, type DeviceNumber } from "./device-number.ts";
export { partitionNumber, type RootOptions, runningSlot, type SlotPaths } from "./running-root.ts";
