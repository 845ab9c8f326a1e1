export const socketVariable = "HOST_SERVICE_SOCKET";

/** Where host-service listens when `--socket-path` does not say: the environment, else the host's own place. */
export function defaultSocketPath(environment: Record<string, string | undefined>): string {
  const given = environment[socketVariable];
  return given === undefined || given === "" ? "/run/host-service" : given;
}
