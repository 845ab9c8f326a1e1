// A set (specification, section 8): whole artifacts in a plain tar, of which one is for this device. All of them have to be good.
import { checkCompatibility, isForDevice } from "../artifact/compatibility.ts";
import { type ArtifactRules, describeArtifact, passOver, readArtifact } from "../artifact/read-artifact.ts";
import type { HeadRules } from "../artifact/head.ts";
import { ArtifactError } from "../error.ts";
import type { Device } from "../options.ts";
import { ofMember, refusal, shown } from "../refusal.ts";
import type { ArtifactDescription, ArtifactReport, SetMember, SetReport } from "../report.ts";
import type { PayloadSink } from "../streams.ts";
import { TarArchive } from "../tar/tar-archive.ts";

const as = "the set";
const memberName = /^[A-Za-z0-9][A-Za-z0-9._+-]*\.mender$/u;

interface SetRules extends Omit<ArtifactRules, "admit"> {
  readonly device: Device | undefined;
  readonly sink: PayloadSink | undefined;
}

/** The rules for the archive that a set is. */
export const setArchive = { kind: "structure", cutOffKind: "truncated", what: "the file", as } as const;

/** The payload for this device goes to the sink when it comes; whether it counts is known at the end. Throws ArtifactError. */
export async function readSet(archive: TarArchive, { device, sink, ...rules }: SetRules): Promise<SetReport> {
  let ours: string | undefined;
  const members = await readMembers(archive, rules, (member, file) =>
    readArtifact(member, {
      ...rules,
      admit(contents) {
        if (device === undefined || !isForDevice(contents, device)) return undefined;
        if (ours !== undefined) throw refusal("incompatible", `two artifacts fit this device; the other is ${ours}`);
        checkCompatibility(contents, device);
        ours = shown(file);
        return sink;
      },
    }),
  );
  const artifact = device === undefined ? undefined : ourArtifact(members, device);
  return { kind: "set", members, artifact, warnings: warningsOf(members) };
}

export async function describeSet(archive: TarArchive, rules: HeadRules): Promise<SetMember<ArtifactDescription>[]> {
  return await readMembers(archive, rules, async (member) => {
    const description = await describeArtifact(member, rules);
    await passOver(member);
    return description;
  });
}

async function readMembers<Artifact>(
  archive: TarArchive,
  { limits }: Pick<HeadRules, "limits">,
  read: (member: TarArchive, file: string) => Promise<Artifact>,
): Promise<SetMember<Artifact>[]> {
  const members: SetMember<Artifact>[] = [];
  for (;;) {
    const header = await archive.next();
    if (header === undefined) return members;
    const { name: file } = header;
    if (!memberName.test(file)) throw refusal("structure", `unexpected member ${shown(file)}`, { as });
    if (members.some((member) => member.file === file)) {
      throw refusal("structure", `member ${shown(file)} comes twice`, { as });
    }
    if (members.length === limits.setMembersMax) {
      throw refusal("structure", `it has more than ${limits.setMembersMax} members`, { as });
    }
    const member = new TarArchive(archive.contents, { kind: "structure", cutOffKind: "truncated", what: "the file" });
    try {
      members.push({ file, artifact: await read(member, file) });
    } catch (error) {
      throw error instanceof ArtifactError ? ofMember(error, file) : error;
    }
  }
}

function ourArtifact(members: readonly SetMember<ArtifactReport>[], device: Device): ArtifactReport {
  const found = members.find(({ artifact }) => isForDevice(artifact, device));
  if (found !== undefined) return found.artifact;
  const types = [...new Set(members.flatMap(({ artifact }) => artifact.deviceTypes))].map(shown).join(", ");
  throw refusal("incompatible", `it is for ${types}, this device is ${shown(device.type)}`, { as });
}

function warningsOf(members: readonly SetMember<ArtifactReport>[]): string[] {
  return members.flatMap(({ file, artifact }) => artifact.warnings.map((warning) => `${file}: ${warning}`));
}
