import type { Row } from "./compare.ts";

/** What a scenario found: times that were compared, and figures of other kinds. */
export interface Report {
  readonly rows: readonly Row[];
  readonly figures: readonly Figure[];
  /** Peers that were left out. */
  readonly missing: readonly string[];
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly aim?: number;
}

export function textOf(report: Report): string {
  const parts = [rowsText(report.rows), figuresText(report.figures)].filter((part) => part !== "");
  if (report.missing.length > 0) parts.push(`Not installed, so not compared: ${report.missing.join(", ")}.\n`);
  return parts.join("\n");
}

function rowsText(rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  return table(
    ["way", "ms (median)", "min – max", "ratio", "to", "aim"],
    rows.map((row) => [
      row.name,
      milliseconds(row.medianMs),
      `${milliseconds(row.minMs)} – ${milliseconds(row.maxMs)}`,
      row.ratio.toFixed(2),
      row.against,
      row.aim === undefined ? "" : `≤ ${row.aim}`,
    ]),
  );
}

function figuresText(figures: readonly Figure[]): string {
  if (figures.length === 0) return "";
  return table(
    ["figure", "value", "aim"],
    figures.map(({ name, value, unit, aim }) => [
      name,
      `${value >= 1000 ? value.toFixed(0) : value.toFixed(1)} ${unit}`,
      aim === undefined ? "" : `≤ ${aim}`,
    ]),
  );
}

function milliseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`).join("");
}
