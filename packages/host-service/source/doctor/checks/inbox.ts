import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "@host-service/protocol";
import { ok, problem, reasonOf, warning } from "../finding.ts";
import type { World } from "../world.ts";

/** Uploads wait there for their client, and have an end of their own; whatever else is there belongs to an operation. */
export async function examineInbox(world: World, stateDirectory: string): Promise<Finding> {
  const check = "inbox";
  const names = await readdir(join(stateDirectory, "inbox")).catch((error: NodeJS.ErrnoException) => {
    // It is made when host-service starts for the first time.
    return error.code === "ENOENT" ? [] : reasonOf(error);
  });
  if (typeof names === "string") return problem(check, `it cannot be listed (${names})`, "run this as root");
  const uploads = names.filter((name) => name.endsWith(".upload"));
  const others = names.filter((name) => !/\.upload(?:\.json)?$/.test(name));
  const waiting = uploads.length === 0 ? "" : `, ${uploads.length} unfinished uploads wait`;
  if (others.length === 0 || (world.daemon?.operations ?? 0) > 0) return ok(check, `nothing was left behind${waiting}`);
  const message = `${others.length} files were left behind${waiting}`;
  return warning(check, message, "restart host-service, which sweeps it when it starts");
}
