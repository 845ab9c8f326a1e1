// The two main stories of an upgrade of the host, on a board whose root is the slot: it is tried and committed, or it is tried and the boot
// after that is the old one again; and every way back.
import { expect } from "bun:test";
import { type BoardHost, deviceType, onBoardHost } from "../kit/board-host.ts";
import { needsBoard } from "../kit/board.ts";
import { artifactOf } from "../kit/board/artifact.ts";
import { needsTools, testUnless } from "../kit/requirements.ts";
import { worked } from "../kit/steps.ts";

const ok = { stdout: "OK\n", stderr: "", exitCode: 0 };
const installed = {
  exitCode: 0,
  stdout: "Upgrade installed successfully. Please reboot to complete the process.\n",
};
const needs = [needsTools("mender-artifact")];

for (const bootLoader of ["u-boot", "grub", "grub-file"] as const) {
  const here = [...needs, needsBoard(bootLoader)];

  testUnless(here, `${bootLoader}: an upgrade is pending, on trial after the reboot, and committed for good`, () =>
    onBoardHost({ bootLoader }, async (host) => {
      expect(await host.status()).toEqual([
        "normal",
        "running: slot a - factory",
        "next boot: slot a - factory",
        "other: nothing",
        "why: the factory image is committed",
        "back end: partitions",
      ]);
      expect(await upgradeTo(host, "release-2")).toEqual(installed);
      expect(await host.status()).toEqual([
        "pending",
        "running: slot a - factory",
        "next boot: slot b release-2",
        "other: slot b release-2",
        "why: version release-2 is installed and is tried at the next boot",
        "back end: partitions",
      ]);
      expect(await host.reboot()).toMatchObject({
        slot: "b",
        notes: [],
        hook: { exitCode: 0, stdout: "system: trying, runs slot b, version release-2\n" },
      });
      expect(await host.status()).toEqual([
        "trying",
        "running: slot b release-2",
        "next boot: slot a - factory",
        "other: slot a - factory",
        "why: version release-2 is on trial; a reboot without a commit goes back to the factory image",
        "back end: partitions",
      ]);
      expect(await host.hostctl("system", "commit", "--expect", "release-1")).toEqual({
        stdout: expect.stringMatching(
          /^Cannot commit the system: version release-2 \(sha256:[0-9a-f]{12}\) is running, expected was "release-1"; see hostctl system status\n$/,
        ),
        stderr: "",
        exitCode: 4,
      });
      expect(await host.hostctl("system", "commit", "--expect", "release-2")).toEqual(ok);
      expect(await host.status()).toEqual([
        "normal",
        "running: slot b release-2",
        "next boot: slot b release-2",
        "other: slot a - factory",
        "why: version release-2 is committed",
        "floor: version release-2",
        "back end: partitions",
      ]);
      for (let boot = 0; boot < 2; boot++) {
        expect(await host.reboot()).toMatchObject({
          slot: "b",
          notes: [],
          hook: { exitCode: 0, stdout: "system: normal, runs slot b, version release-2\n" },
        });
      }
      expect((await host.history()).map((entry) => entry.split(":")[0])).toEqual([
        "upgrade done release-2",
        "commit refused -",
        "commit done release-2",
      ]);
    }),
  );

  testUnless(here, `${bootLoader}: a trial that is rebooted without a commit is over, and what it was is told`, () =>
    onBoardHost({ bootLoader }, async (host) => {
      expect(await upgradeTo(host, "release-2")).toEqual(installed);
      expect(await host.hostctl("system", "commit")).toEqual({
        stdout:
          "Cannot commit the system: version release-2 was not booted yet; reboot (hostctl reboot) and commit what then runs\n",
        stderr: "",
        exitCode: 4,
      });
      expect(await host.upgrade(await artifactOf("release-3", { deviceType }))).toEqual({
        stdout:
          "Cannot upgrade the system: an upgrade is installed and is tried at the next boot; " +
          "reboot (hostctl reboot) or drop it (hostctl system rollback) first\n",
        exitCode: 4,
      });
      expect((await host.reboot()).hook.stdout).toBe("system: trying, runs slot b, version release-2\n");
      // The board goes down with the client on it, which may not get to its OK.
      const { stderr } = await host.hostctl("reboot");
      expect(stderr).toStartWith("warning: a trial is running and a reboot rolls it back; ");
      expect(await host.bootOnceDown()).toMatchObject({ slot: "a", hook: backFrom("rebooted without commit") });
      expect(await host.status()).toEqual([
        "normal",
        "running: slot a - factory",
        "next boot: slot a - factory",
        "other: nothing",
        "why: the factory image is committed; version release-2 was rolled back: rebooted without commit",
        "back end: partitions",
      ]);
      expect((await host.history()).filter((entry) => !entry.includes("refused"))).toEqual([
        "upgrade done release-2",
        "boot done release-2: rebooted without commit",
      ]);
      expect(await upgradeTo(host, "release-2")).toEqual(installed);
      expect((await host.reboot()).hook.stdout).toBe("system: trying, runs slot b, version release-2\n");
      await host.board.cut();
      expect(await host.boot()).toMatchObject({ slot: "a", hook: backFrom("rebooted without commit") });
    }),
  );

  testUnless(here, `${bootLoader}: a rollback of what is pending, on trial, or committed with a previous one`, () =>
    onBoardHost({ bootLoader }, async (host) => {
      expect(await host.hostctl("system", "rollback")).toEqual({
        stdout:
          "Cannot roll back the system: the factory image is committed and there is no previous image; install the one that you want\n",
        stderr: "",
        exitCode: 4,
      });
      await upgradeTo(host, "release-2");
      expect(await host.hostctl("system", "rollback")).toEqual(ok);
      expect((await host.status()).slice(0, 1)).toEqual(["normal"]);
      expect((await host.board.variables())["upgrade_available"]).toBe("0");
      expect(await host.reboot()).toMatchObject({
        slot: "a",
        notes: [],
        hook: { exitCode: 0, stdout: "system: normal, runs slot a\n" },
      });

      await upgradeTo(host, "release-2");
      await host.reboot();
      expect(await host.hostctl("system", "rollback")).toEqual(ok);
      expect((await host.status())[0]).toBe("rollback");
      expect(await host.reboot()).toMatchObject({ slot: "a", notes: [], hook: backFrom("asked for") });

      await upgradeTo(host, "release-2");
      await host.reboot();
      worked(await host.hostctl("system", "commit"));
      await host.reboot();
      expect(await host.hostctl("system", "rollback")).toEqual(ok);
      expect(await host.hostctl("system", "commit")).toEqual(ok);
      expect(await host.reboot()).toMatchObject({ slot: "b", notes: [], hook: { exitCode: 0 } });
      expect(await host.hostctl("system", "rollback")).toEqual(ok);
      expect(await host.reboot()).toMatchObject({ slot: "a", notes: [], hook: backFrom("asked for") });
      expect((await host.status())[0]).toBe("normal");
      expect((await host.history()).slice(-3)).toEqual([
        "commit done release-2",
        "rollback done release-2",
        "boot done release-2: asked for",
      ]);
    }),
  );
}

async function upgradeTo(host: BoardHost, version: string): Promise<unknown> {
  return await host.upgrade(await artifactOf(version, { deviceType }));
}

function backFrom(why: string): unknown {
  return { exitCode: 0, stdout: `system: normal, runs slot a; rolled back, version release-2: ${why}\n` };
}
