export { CrashDisk, CrashError } from "./crash-disk.ts";
export { type CrashPoint, type Enumeration, enumerateCrashes } from "./enumerate.ts";
export { type Reading } from "./survival.ts";
export { watchedDisk } from "./watched-disk.ts";
