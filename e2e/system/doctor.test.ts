// The doctor of a host with two slots, and what it finds where the boot environment, the slots or the record are not as they should be.
import { expect } from "bun:test";
import { type BoardHost, onBoardHost, state } from "../kit/board-host.ts";
import { needsBoard } from "../kit/board.ts";
import { testUnless } from "../kit/requirements.ts";
import { worked } from "../kit/steps.ts";

interface Finding {
  check: string;
  status: string;
  message: string;
}

/** "ok: message" of these checks. */
async function told(host: BoardHost, ...checks: string[]): Promise<string[]> {
  const { stdout } = await host.hostctl("doctor", "--json");
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return checks.map((check) => {
    const found = findings.find((finding) => finding.check === check);
    return found === undefined ? "nothing" : `${found.status}: ${found.message}`;
  });
}

const about = ["slot a", "slot b", "boot environment", "system record", "state partition"] as const;

for (const bootLoader of ["u-boot", "grub"] as const) {
  testUnless(
    [needsBoard(bootLoader)],
    `${bootLoader}: the doctor finds slots, boot environment and record in order`,
    () =>
      onBoardHost({ bootLoader }, async (host) => {
        const [a, b, ...rest] = await told(host, ...about);
        expect(a).toMatch(/^ok: "\/dev\/.+"$/);
        expect(b).toMatch(/^ok: "\/dev\/.+"$/);
        expect(rest).toEqual([
          "ok: slot a runs, slot a is next",
          "ok: normal",
          "ok: not on the root file system, so that both slots of the host can share it",
        ]);
      }),
  );
}

testUnless([needsBoard("u-boot")], "the doctor finds slots of which none runs, and a record that makes no sense", () =>
  onBoardHost({}, async (host) => {
    const wrong = { slots: '["/dev/null", "/dev/zero"]', boot_parts: "[2, 3]" };
    await host.restart({ upgrade: wrong });
    expect(await told(host, "slot a", "boot environment")).toEqual([
      'problem: "/dev/null" is no block device',
      "problem: the root file system that runs is on neither slot",
    ]);
    await host.restart({});
    await host.board.write(`${state}/system/record.json`, "{");
    expect((await told(host, "system record"))[0]).toStartWith("problem: it makes no sense (");
  }),
);

testUnless(
  [needsBoard("u-boot")],
  "the doctor finds that the tool of the boot environment is missing, or tells of no slot",
  () =>
    onBoardHost({}, async (host) => {
      const { board } = host;
      const printer = "/usr/bin/fw_printenv";
      worked(await board.run(["mount", "--bind", "/dev/null", printer]));
      expect((await told(host, "boot environment"))[0]).toMatch(/^problem: Cannot .*fw_printenv/);
      worked(await board.run(["umount", printer]));
      worked(await board.run(["fw_setenv", "mender_boot_part", "9"]));
      expect((await told(host, "boot environment"))[0]).toBe("problem: the boot loader names neither slot as the next");
    }),
);
