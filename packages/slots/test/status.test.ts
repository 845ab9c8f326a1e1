import { expect, test } from "bun:test";
import { reportOf } from "../source/status.ts";
import type { SlotSummary } from "../source/status.ts";
import { print, statesFrom, subject } from "./kit/states.ts";

const show = (slot: SlotSummary | undefined) =>
  slot === undefined
    ? "nothing"
    : `${slot.version ?? slot.imageId.slice(0, 10)} in ${slot.slot}${slot.bootable ? "" : ", not whole"}`;

test("what status says, for every state, with all images whole and with the newer one damaged", async () => {
  const golden = Bun.file(new URL("golden/status.txt", import.meta.url));
  const lines: string[] = [];
  for (const missing of [[], ["1.1.0"]]) {
    for (const state of statesFrom("a")) {
      const contents = { ...subject({ missing }), inSlot: () => undefined };
      const report = reportOf({ format: 1, bootId: "boot-1", state }, contents, "boot-1");
      lines.push(
        `${print(state)}${missing.length === 0 ? "" : "    (1.1.0 is not whole)"}`,
        `  ${report.state}${report.empty ? ", empty" : ""}: ${report.why}`,
        `  running ${show(report.running)}; next boot ${show(report.nextBoot)}; other ${show(report.other)}; boots left ${report.bootsLeft ?? "-"}`,
        "",
      );
    }
  }
  const at = "2026-01-01T00:00:00.000Z";
  for (const result of ["committed", "rolled-back", "cancelled", "failed"] as const) {
    for (const state of statesFrom("a")) {
      const outcome = { result, version: "0.9.0", why: "of this reason", at };
      const contents = { ...subject({ missing: [] }), inSlot: () => undefined };
      const report = reportOf({ format: 1, bootId: "boot-1", state, outcome }, contents, "boot-1");
      lines.push(`${print(state)}    (0.9.0 ${result})`, `  ${report.why}`, "");
    }
  }
  const text = lines.join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1") await Bun.write(golden, text);
  expect(text).toBe(await golden.text());
});
