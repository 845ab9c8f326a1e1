// header.tar: who the artifact is for, what it depends on and what comes with it. It is read when its sum was right, never before.
import { array, looseObject, minLength, nullable, optional, pipe, string } from "@host-service/schema";
import { refusal, shown } from "../refusal.ts";
import type { ArtifactContents } from "../report.ts";
import type { TarArchive } from "../tar/tar-archive.ts";
import { anyMap, conditions, listConditions, parseJson, textMap } from "./json.ts";

export type HeaderContents = Omit<ArtifactContents, "isSigned" | "manifestSha256">;

const headerInfo = looseObject({
  payloads: array(looseObject({ type: nullable(string()) })),
  artifact_provides: looseObject({
    artifact_name: pipe(string(), minLength(1, "it is empty")),
    artifact_group: optional(string()),
  }),
  artifact_depends: listConditions,
});

const typeInfo = looseObject({
  type: string(),
  artifact_provides: optional(textMap),
  artifact_depends: optional(conditions),
  clears_artifact_provides: optional(array(string())),
});

const scriptName =
  /^Artifact(?:Install|Reboot|Rollback|RollbackReboot|Commit|Failure)_(?:Enter|Leave|Error)_\d\d(?:_[\x21-\x2e\x30-\x7e]+)?$/u;

const member = { headerInfo: "header-info", typeInfo: "headers/0000/type-info", metaData: "headers/0000/meta-data" };

interface HeaderLimits {
  readonly membersMax: number;
  readonly bytesMax: number;
}

/** Reads the archive to its end. Throws ArtifactError "header", "unsupported" or "limit". */
export async function readHeader(archive: TarArchive, limits: HeaderLimits): Promise<HeaderContents> {
  const members = new HeaderMembers(archive, limits);
  const info = parseJson(await members.expect(member.headerInfo), headerInfo, where(member.headerInfo));
  const payloadType = typeOf(info.payloads);
  const scripts: string[] = [];
  let name = await members.next();
  for (; name?.startsWith("scripts/") === true; name = await members.next()) {
    scripts.push(checkedScript(name.slice("scripts/".length), scripts));
    await archive.readAll();
  }
  if (name !== member.typeInfo) throw misplaced(name, member.typeInfo);
  const type = parseJson(await archive.readAll(), typeInfo, where(member.typeInfo));
  if (type.type !== "" && type.type !== payloadType) {
    throw refusal("header", `type-info is of the type ${shown(type.type)}, and header-info of ${shown(payloadType)}`);
  }
  await readMetaData(members, archive);
  const { device_type: deviceTypes = [], ...depends } = info.artifact_depends;
  if (deviceTypes.length === 0) throw refusal("header", "header-info names no device type");
  return {
    name: info.artifact_provides.artifact_name,
    group: info.artifact_provides.artifact_group,
    deviceTypes,
    payloadType,
    provides: type.artifact_provides ?? {},
    depends: merged(depends, type.artifact_depends ?? {}),
    clearsProvides: type.clears_artifact_provides ?? [],
    scripts,
  };
}

function typeOf(payloads: readonly { type: string | null }[]): string {
  const [first, ...others] = payloads;
  if (first === undefined || others.length > 0) {
    throw refusal("unsupported", `it has ${payloads.length} payloads; one is possible`);
  }
  if (first.type === null) throw refusal("unsupported", "it is a bootstrap artifact, which has no payload");
  return first.type;
}

function checkedScript(name: string, before: readonly string[]): string {
  if (!scriptName.test(name)) throw refusal("header", `${shown(name)} is not the name of a state script`);
  if (before.includes(name)) throw refusal("header", `the state script ${shown(name)} comes twice`);
  return name;
}

async function readMetaData(members: HeaderMembers, archive: TarArchive): Promise<void> {
  const name = await members.next();
  if (name === undefined) return;
  if (name !== member.metaData) throw misplaced(name, "its end");
  const bytes = await archive.readAll();
  if (bytes.byteLength > 0) parseJson(bytes, anyMap, where(member.metaData));
  const after = await members.next();
  if (after !== undefined) throw misplaced(after, "its end");
}

/** A key that both name has to have a value that both allow. */
function merged(
  lists: Readonly<Record<string, readonly string[]>>,
  more: Readonly<Record<string, string | readonly string[]>>,
): Record<string, readonly string[]> {
  const all = new Map(Object.entries(lists));
  for (const [key, value] of Object.entries(more)) {
    const values = typeof value === "string" ? [value] : value;
    all.set(key, all.get(key)?.filter((one) => values.includes(one)) ?? values);
  }
  return Object.fromEntries(all);
}

class HeaderMembers {
  readonly #archive: TarArchive;
  readonly #limits: HeaderLimits;
  #count = 0;

  constructor(archive: TarArchive, limits: HeaderLimits) {
    this.#archive = archive;
    this.#limits = limits;
  }

  async next(): Promise<string | undefined> {
    const header = await this.#archive.next();
    if (header === undefined) return undefined;
    this.#count += 1;
    const { membersMax, bytesMax } = this.#limits;
    if (this.#count > membersMax) throw refusal("header", `the header has more than ${membersMax} members`);
    if (header.bytes > bytesMax) {
      const why = `${shown(header.name)} in the header is ${header.bytes} bytes, at most ${bytesMax} are allowed`;
      throw refusal("limit", why);
    }
    if (/^headers\/(?!0000\/)\d{4}\//u.test(header.name)) {
      throw refusal("unsupported", `it has more than one payload (${shown(header.name)})`);
    }
    return header.name;
  }

  async expect(wanted: string): Promise<Uint8Array> {
    const name = await this.next();
    if (name !== wanted) throw misplaced(name, wanted);
    return await this.#archive.readAll();
  }
}

function misplaced(name: string | undefined, wanted: string): Error {
  if (name === undefined) return refusal("header", `the header has no ${wanted}`);
  return refusal("header", `the header has ${shown(name)} in the place of ${wanted}`);
}

function where(name: string): { kind: "header"; member: string } {
  return { kind: "header", member: name.replace("headers/0000/", "") };
}
