import { UpgradeError } from "../../../source/error.ts";

/** What an expected failure says. Anything else is thrown on. */
export async function refusal(work: Promise<unknown>): Promise<{ kind: string; message: string } | undefined> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof UpgradeError)) throw error;
    return { kind: error.kind, message: error.message };
  }
  return undefined;
}

/** The message of a failure of the boot environment; "" where nothing failed. */
export async function complaintOf(work: Promise<unknown>): Promise<string> {
  const said = await refusal(work);
  if (said === undefined) return "";
  if (said.kind !== "boot-environment")
    throw new Error(`Cannot take ${said.kind} for a boot environment's: ${said.message}`);
  return said.message;
}
