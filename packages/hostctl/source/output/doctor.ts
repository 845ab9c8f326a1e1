import type { DoctorReport, Finding } from "@host-service/protocol";
import { alignColumns } from "./columns.ts";
import { printable } from "./printable.ts";

/** A line for each finding, with its next step below it; the last line counts them. */
export function doctorLines({ findings }: DoctorReport): string[] {
  const lines = alignColumns(
    findings.map(({ status, check, message }) => [status, printable(check), printable(message)]),
  );
  const indent = " ".repeat("warning".length + 2);
  const told = findings.flatMap(({ next }, index) => {
    const line = lines[index] ?? "";
    return next === undefined ? [line] : [line, `${indent}-> ${printable(next)}`];
  });
  return [...told, summary(findings)];
}

function summary(findings: readonly Finding[]): string {
  const count = (status: Finding["status"], word: string) => {
    const number = findings.filter((finding) => finding.status === status).length;
    return `${number} ${word}${number === 1 ? "" : "s"}`;
  };
  return `${count("problem", "problem")}, ${count("warning", "warning")}`;
}
