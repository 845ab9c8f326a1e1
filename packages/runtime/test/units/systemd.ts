// The fake systemd of the fixtures in front of PATH, with one container whose image is a shell script.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFakeSystemd } from "@host-service/fixtures";
import type { FakeSystemd, FakeSystemdOptions } from "@host-service/fixtures";

export interface Host {
  systemd: FakeSystemd;
  runDirectory: string;
}

type Options = { init?: string } & Partial<Omit<FakeSystemdOptions, "runDirectory" | "stateDirectory">>;

export const lasting = "echo hello; trap 'exit 0' TERM; while :; do sleep 0.02; done\n";

export async function withSystemd(use: (host: Host) => Promise<void>, options: Options = {}): Promise<void> {
  const { init = lasting, ...how } = options;
  const directory = mkdtempSync(join(tmpdir(), "units-"));
  const [runDirectory, stateDirectory] = [join(directory, "run"), join(directory, "state")];
  const slot = join(directory, "slot");
  mkdirSync(join(slot, "rootfs", "sbin"), { recursive: true });
  mkdirSync(join(runDirectory, ".current"), { recursive: true });
  writeFileSync(join(slot, "rootfs", "sbin", "init"), init);
  symlinkSync(slot, join(runDirectory, ".current", "edge"));
  const systemd = makeFakeSystemd({ runDirectory, stateDirectory, ...how });
  const path = process.env["PATH"] ?? "";
  process.env["PATH"] = `${systemd.programs}:${path}`;
  try {
    await use({ systemd, runDirectory });
  } finally {
    process.env["PATH"] = path;
    systemd.remove();
    rmSync(directory, { recursive: true, force: true });
  }
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`Cannot go on: not so within 10 s: ${what}`);
    await Bun.sleep(5);
  }
}
