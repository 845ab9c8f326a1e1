// `image inspect` of what a host is upgraded with: what the file says of itself.
import { open } from "node:fs/promises";
import { describeUpgrade, descriptorSource, readUpgrade } from "@host-service/artifact";
import { exitCodes } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer } from "../output/answer.ts";
import { descriptionLines, rawLines } from "../output/upgrade-file.ts";
import type { UpgradeFile } from "./upgrade-file.ts";

export async function inspectUpgrade(invocation: Invocation, file: UpgradeFile): Promise<number> {
  const { program } = invocation;
  const opened = await open(file.path, "r");
  try {
    const source = descriptorSource(opened.fd);
    if (file.kind === "raw") {
      const report = await readUpgrade(source, { ...rawOptions, program });
      if (report.kind !== "raw") throw new Error("unreachable: its beginning is of no artifact");
      const { kind, bytes, sha256 } = report;
      printAnswer(invocation, { kind, bytes, sha256, isSigned: false }, rawLines(report));
      return exitCodes.done;
    }
    const description = await describeUpgrade(source, { program, fileName: file.path });
    printAnswer(invocation, { ...description, bytes: file.bytes }, descriptionLines(description, file.bytes));
    return exitCodes.done;
  } finally {
    await opened.close();
  }
}

/** To have the digest of a file, whatever it is. */
const rawOptions = {
  policy: { keys: [], signatureRequired: false },
  rawImages: "take",
  stateScripts: "refuse",
  payloadTypes: "rootfs-image",
} as const;
