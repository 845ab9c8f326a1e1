import { checkLocalFile } from "@host-service/client";
import { parsePublicKey } from "@host-service/signature";
import type { PublicKey } from "@host-service/signature";

/** A public key of minisign: its file, or the line of base64 in it. */
export async function minisignKey(given: string): Promise<PublicKey> {
  if (/^RW[A-Za-z0-9+/]{54}$/.test(given)) return parsePublicKey(new TextEncoder().encode(given), `the key "${given}"`);
  const file = await checkLocalFile(given, { action: "read", what: "a public key" });
  return parsePublicKey(await Bun.file(file.path).bytes(), `"${given}"`);
}
