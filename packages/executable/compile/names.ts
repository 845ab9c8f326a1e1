/** The one file, and the other names that it is called by. */
export const executable = "hostctl";
export const otherNames = ["host-service", "host-service-boot"] as const;
export const allNames = [executable, ...otherNames] as const;
