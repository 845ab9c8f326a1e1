export type { ExamineHost } from "./arguments/command.ts";
export { runHostctl } from "./run-hostctl.ts";
