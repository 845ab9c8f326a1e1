// An upgrade that does not start, one that is started too often, and boot loaders that do something else than they were told. The old system
// runs again without a person wherever the boot loader lets it.
import { expect } from "bun:test";
import { type BoardHost, deviceType, onBoardHost } from "../kit/board-host.ts";
import { needsBoard } from "../kit/board.ts";
import { artifactOf } from "../kit/board/artifact.ts";
import { needsTools, testUnless } from "../kit/requirements.ts";
import { worked } from "../kit/steps.ts";

const needs = [needsTools("mender-artifact")];
const gaveUp =
  "the boot loader started the factory image: it gave the new one up, or the power went before it was told";

for (const bootLoader of ["u-boot", "grub", "grub-file"] as const) {
  for (const what of ["kernel", "root"] as const) {
    const title = `${bootLoader}: a candidate without its ${what} is given up by the boot loader, the hook tells it, and the next one starts`;
    testUnless([...needs, needsBoard(bootLoader)], title, () =>
      onBoardHost({ bootLoader }, async (host) => {
        await upgradeTo(host, "release-2");
        await host.board.damage("b", what);
        const { slot, notes, hook } = await host.reboot();
        expect({ slot, hook }).toEqual({
          slot: "a",
          hook: { exitCode: 0, stdout: `system: normal, runs slot a; failed, version release-2: ${gaveUp}\n` },
        });
        expect(notes).not.toEqual([]);
        expect(await host.status()).toEqual([
          "normal",
          "running: slot a - factory",
          "next boot: slot a - factory",
          "other: nothing",
          `why: the factory image is committed; version release-2 failed: ${gaveUp}`,
          "back end: partitions",
        ]);
        expect(await host.history()).toEqual(["upgrade done release-2", `boot failed release-2: ${gaveUp}`]);
        await upgradeTo(host, "release-3");
        expect((await host.reboot()).hook.stdout).toBe("system: trying, runs slot b, version release-3\n");
      }),
    );
  }
}

const onUBoot = [...needs, needsBoard("u-boot")];

testUnless(onUBoot, "a candidate that U-Boot starts a second time without a commit is sent back by the hook", () =>
  onBoardHost({ bootLoader: "u-boot", board: { bootLimit: 3 } }, async (host) => {
    await upgradeTo(host, "release-2");
    expect((await host.reboot()).slot).toBe("b");
    expect((await host.board.reboot()).slot).toBe("b");
    // The hook's own reboot may end it before it has said so.
    await host.hook();
    await host.board.down();
    expect(await host.board.variables()).toMatchObject({ mender_boot_part: "2", upgrade_available: "0" });
    expect(await host.boot()).toMatchObject({
      slot: "a",
      hook: {
        exitCode: 0,
        stdout: "system: normal, runs slot a; rolled back, version release-2: rebooted without commit\n",
      },
    });
    expect((await host.history()).at(-1)).toBe("boot done release-2: rebooted without commit");
  }),
);

testUnless(onUBoot, "a boot loader that goes on starting the candidate is told once, and then a person is", () =>
  onBoardHost({ bootLoader: "u-boot" }, async (host) => {
    await upgradeTo(host, "release-2");
    await host.reboot();
    host.board.insistOn("b");
    await host.board.reboot();
    await host.hook();
    await host.board.down();
    const problem =
      "the boot loader was told to start slot a and started the other one again; commit what runs, or look at the boot loader";
    for (const boot of ["the first", "the second"]) {
      const { slot, hook } = boot === "the first" ? await host.boot() : await host.reboot();
      expect({ boot, slot, hook }).toEqual({
        boot,
        slot: "b",
        hook: { exitCode: 1, stdout: `system: trying, runs slot b, version release-2; ${problem}\n` },
      });
      const [state, , , , why] = await host.status();
      expect({ state, why }).toEqual({ state: "trying", why: `why: version release-2 is on trial; ${problem}` });
    }
    worked(await host.hostctl("system", "commit"));
    host.board.insistOn(undefined);
    expect(await host.reboot()).toMatchObject({ slot: "b", hook: { exitCode: 0 } });
    expect((await host.status())[0]).toBe("normal");
  }),
);

testUnless(onUBoot, "a boot loader that never starts the candidate leaves the old system, told to stay", () =>
  onBoardHost({ bootLoader: "u-boot" }, async (host) => {
    await upgradeTo(host, "release-2");
    host.board.insistOn("a");
    const why = "the boot loader did not start it, although its environment says so";
    expect((await host.reboot()).hook).toEqual({
      exitCode: 0,
      stdout: `system: normal, runs slot a; failed, version release-2: ${why}\n`,
    });
    expect(await host.board.variables()).toMatchObject({ mender_boot_part: "2", upgrade_available: "0" });
    host.board.insistOn(undefined);
    expect(await host.reboot()).toMatchObject({ slot: "a", hook: { exitCode: 0 } });
  }),
);

async function upgradeTo(host: BoardHost, version: string): Promise<void> {
  const { exitCode, stdout } = await host.upgrade(await artifactOf(version, { deviceType }));
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
}
