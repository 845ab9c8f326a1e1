export { runHostctl } from "./run-hostctl.ts";
