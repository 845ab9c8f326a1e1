export const socketVariable = "HOST_SERVICE_SOCKET";

/**
 * Where host-service listens when `--socket-path` does not say: the environment; for a hostctl that runs from a container's /host the listener
 * beside it; else the host's own place. `executable` is what the kernel runs, in a container the loader in /host/lib.
 */
export function defaultSocketPath(
  environment: Record<string, string | undefined>,
  executable: string = process.execPath,
): string {
  const given = environment[socketVariable];
  if (given !== undefined && given !== "") return given;
  return executable.startsWith("/host/lib/") ? "/host/host-service" : "/run/host-service";
}
