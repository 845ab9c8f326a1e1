export { plugDevice, unplugDevice } from "./run-plug-job.ts";
export type { PlugOptions } from "./run-plug-job.ts";
