// Where the program under test is: the compiled one, or its sources while a test is being written.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export const repository = resolve(import.meta.dirname, "../..");
export const dist = join(repository, "dist");

export const runsSources = process.env["HOST_SERVICE_E2E_SOURCES"] === "1";

export type ProgramName = "hostctl" | "host-service" | "host-service-boot";

/** The argv that starts the program by one of its names. */
export function program(name: ProgramName): string[] {
  if (!runsSources) {
    const path = join(dist, name);
    if (!existsSync(path)) throw new Error(`Cannot test "${path}": it is not there; make it with npm run build`);
    return [path];
  }
  const main = [process.execPath, join(repository, "packages/executable/source/main.ts")];
  if (name === "hostctl") return main;
  return [...main, "host-service", ...(name === "host-service" ? [] : ["boot"])];
}

/** All that a program of ours gets: nothing of the environment of the tests may change what is tested. */
export const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C.UTF-8",
  TZ: "UTC",
};
