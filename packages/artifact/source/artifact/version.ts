import { looseObject, unknown } from "@host-service/schema";
import { refusal, shownCharactersMax } from "../refusal.ts";
import { parseJson } from "./json.ts";

const schema = looseObject({ format: unknown(), version: unknown() });

/** Throws ArtifactError "version" unless it is the one format that there is. */
export function checkVersion(bytes: Uint8Array): void {
  const { format, version } = parseJson(bytes, schema, { kind: "version", member: "version" });
  if (format !== "mender") throw refusal("version", `its format is ${json(format)}, not "mender"`);
  if (version !== 3) throw refusal("version", `format version ${json(version)} is not supported, only 3`);
}

function json(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, shownCharactersMax);
}
