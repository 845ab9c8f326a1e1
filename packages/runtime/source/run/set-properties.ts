import { RuntimeError } from "../error.ts";
import { runProgram } from "../units/run-program.ts";
import { unitOf } from "../units/unit-name.ts";

const timeoutMs = 20_000;

/** For this boot, as the image decides: the next start sets all of them anew. A container without its limits is not started. */
export async function setUnitProperties(name: string, properties: readonly string[]): Promise<void> {
  const unit = unitOf(name);
  const ending = await runProgram(["systemctl", "set-property", "--runtime", unit, ...properties], { timeoutMs });
  if (ending.exitCode === 0) return;
  const why = ending.isLate ? "systemctl did not end in time" : `systemctl says: ${ending.said}`;
  throw new RuntimeError("host", `Cannot set the limits of "${name}": ${why}; see systemctl status ${unit}`);
}
