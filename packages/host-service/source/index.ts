export { examineThisHost } from "./commands/doctor.ts";
export { runHostService } from "./command-line.ts";
export type { Program } from "./command-line.ts";
