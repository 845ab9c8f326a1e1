/** The one file, and the other names that it is called by. */
export const executable = "hostctl";
export const otherNames = ["host-service", "host-service-boot"] as const;
export const allNames = [executable, ...otherNames] as const;
/** The launcher for use inside of containers; it wants the executable and what it needs in `lib/` beside it. */
export const launcher = "hostctl-launcher";
