export { Bus, systemBusAddress } from "./bus/bus.ts";
export { openPortabled } from "./bus/portabled.ts";
export { openSystemd } from "./bus/systemd.ts";
export { PortableError } from "./error.ts";
export { inspectDirectory } from "./image/inspect.ts";
export { directoryTree } from "./image/tree.ts";
