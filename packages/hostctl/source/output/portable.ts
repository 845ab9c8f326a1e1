import type { PortableInspection, PortableStatus } from "@host-service/protocol";
import { alignColumns } from "./columns.ts";
import { printable } from "./printable.ts";
import { statusLines } from "./status.ts";
import { version } from "./words.ts";

export function serviceLines(status: PortableStatus): string[] {
  return [...statusLines(status), `attached:   ${printable(attachedWords(status))}`];
}

export function serviceListLines(services: readonly PortableStatus[]): string[] {
  const rows = services.map((service) => [
    printable(service.name),
    service.state,
    version(service.running?.version),
    printable(service.attached?.profile ?? "-"),
    printable(service.attached?.image ?? "nothing"),
  ]);
  return alignColumns([["NAME", "STATE", "VERSION", "PROFILE", "ATTACHED"], ...rows]);
}

function attachedWords({ attached }: PortableStatus): string {
  if (attached === undefined) return "nothing";
  const profile = attached.profile === undefined ? "" : `, profile ${attached.profile}`;
  return `${attached.image}${profile}: ${attached.units.join(", ")}`;
}

/** Whether it fits first, so that `| head -1` is enough for a person as well. */
export function inspectionLines(found: PortableInspection): string[] {
  const { isFit, title, id, kind, profile, prefixes, units, findings } = found;
  const rows = units.map(({ name, kind: unitKind, starts, description }) => [
    "unit:     ",
    printable(name),
    unitKind,
    starts ? "starts" : "does not start by itself",
    printable(description ?? ""),
  ]);
  return [
    isFit ? "fit" : "refused",
    `image:      ${printable([title ?? id ?? "without a name", version(found.version), kind].join(", "))}`,
    `attach:     profile ${printable(profile)}, units of ${printable(prefixes.join(", "))}`,
    ...alignColumns(rows),
    ...findings.map(({ result, check, text }) => `${`${result}:`.padEnd(11)} ${check}: ${printable(text)}`),
  ];
}
