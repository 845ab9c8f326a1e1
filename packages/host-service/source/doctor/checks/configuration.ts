import type { Finding } from "@host-service/protocol";
import type { Configuration } from "../../configuration/configuration.ts";
import { loadPolicy } from "../../configuration/trusted-keys.ts";
import { loadSystemPolicy } from "../../system/system-policy.ts";
import { ok, problem, reasonOf, warning } from "../finding.ts";

export async function examineKeys({ verify, file, upgrade }: Configuration): Promise<Finding[]> {
  const container = await keysOf("container", verify.container.keys.length, () => loadPolicy(verify.container, file));
  if (upgrade === undefined && verify.system.keys.length === 0) return [container];
  return [container, await keysOf("system", verify.system.keys.length, () => loadSystemPolicy(verify.system, file))];
}

async function keysOf(kind: "container" | "system", count: number, load: () => Promise<unknown>): Promise<Finding> {
  const check = `keys for ${kind === "container" ? "containers" : "the system"}`;
  try {
    await load();
  } catch (error) {
    return problem(check, reasonOf(error), `correct [verify.${kind}], or the key file`);
  }
  if (count > 0) return ok(check, "they can be read");
  const message = "there are none, so that images of anybody are taken";
  return warning(check, message, `give keys under [verify.${kind}]; hostctl image sign says how images are signed`);
}
