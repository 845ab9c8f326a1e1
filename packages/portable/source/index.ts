export { Bus, systemBusAddress } from "./bus/bus.ts";
export { openPortabled } from "./bus/portabled.ts";
export { openSystemd } from "./bus/systemd.ts";
export { PortableError } from "./error.ts";
export type { PortableErrorKind } from "./error.ts";
export type { Inspected } from "./image/inspect.ts";
export type { ArrivedFile, Unpacking } from "./services/arrival.ts";
export { PortableServices } from "./services/services.ts";
export type { ServiceStatus } from "./services/status.ts";
