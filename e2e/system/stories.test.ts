// The life of a host's system, told on a board: its root really is one of two partitions, its boot environment is written by the real
// tools, and its firmware does what U-Boot and GRUB do with Mender's variables.
import { expect } from "bun:test";
import type { BoardBootLoader } from "../kit/board/environments.ts";
import { needsBoard } from "../kit/board.ts";
import { contentsOf, onHost } from "../kit/host-on-board.ts";
import { testUnless } from "../kit/requirements.ts";
import { worked } from "../kit/steps.ts";
import { until } from "../kit/until.ts";
import { artifactOf, status, success, upgrade, upgradeFile, wishesFor } from "../kit/upgrades.ts";

const bootLoaders: readonly BoardBootLoader[] = ["u-boot", "grub", "grub-file"];
const selected = (variables: Readonly<Record<string, string>>) => {
  const { mender_boot_part: part, upgrade_available: flag } = variables;
  return `part ${part}${flag === "1" ? ", on trial" : ""}`;
};

for (const bootLoader of bootLoaders) {
  const needs = [needsBoard(bootLoader)];

  testUnless(needs, `${bootLoader}: upgrade, reboot, commit: the new system stays`, () =>
    onHost({ board: { bootLoader }, ...wishesFor(bootLoader) }, async (host) => {
      const { board } = host;
      expect(await status(host)).toEqual({
        state: "normal",
        runs: "factory in a",
        why: "the factory image is committed",
      });
      await board.write(upgradeFile, await artifactOf("release-2"));
      const running = await contentsOf(board.device("a"));
      expect((await host.hostctl("upgrade", upgradeFile)).stdout).toBe(success);
      expect(await status(host)).toMatchObject({ state: "pending", runs: "factory in a" });
      expect(selected(await board.variables())).toBe("part 3, on trial");
      expect(await board.contentsOf("b")).toBe("release-2");
      expect(await contentsOf(board.device("a"))).toBe(running);
      const early = await host.hostctl("system", "commit");
      expect([early.exitCode, early.stdout]).toEqual([
        4,
        "Cannot commit the system: version release-2 was not booted yet; reboot (hostctl reboot) and commit what then runs\n",
      ]);

      const hook = await host.reboot();
      expect(hook.stdout).toBe("system: trying, runs slot b, version release-2\n");
      expect(await status(host)).toEqual({
        state: "trying",
        runs: "release-2 in b",
        why: "version release-2 is on trial; a reboot without a commit goes back to the factory image",
      });
      const first = (await host.hostctl("system", "status")).stdout.split("\n")[0];
      expect(first).toBe("trying");
      expect((await host.hostctl("system", "commit", "--expect", "release-1")).exitCode).toBe(4);
      expect((await host.hostctl("system", "commit", "--expect", "release-2")).stdout).toBe("OK\n");
      expect(selected(await board.variables())).toBe("part 3");

      expect((await host.reboot()).stdout).toBe("system: normal, runs slot b, version release-2\n");
      expect(await status(host)).toEqual({
        state: "normal",
        runs: "release-2 in b",
        why: "version release-2 is committed",
      });
      const history = JSON.parse((await host.hostctl("system", "history", "--json")).stdout) as {
        history: Record<string, unknown>[];
      };
      expect(history.history.map(({ action, result, version, caller }) => [action, result, version, caller])).toEqual([
        ["upgrade", "done", "release-2", "host"],
        ["commit", "refused", undefined, "host"],
        ["commit", "refused", undefined, "host"],
        ["commit", "done", "release-2", "host"],
      ]);
    }),
  );

  testUnless(needs, `${bootLoader}: upgrade, reboot, no commit: the old system is back, and why is told`, () =>
    onHost({ board: { bootLoader }, ...wishesFor(bootLoader) }, async (host) => {
      await upgrade(host, "release-2");
      await host.reboot();
      const hook = await host.reboot();
      expect(hook.stdout).toBe(
        "system: normal, runs slot a; rolled back, version release-2: rebooted without commit\n",
      );
      expect(await status(host)).toEqual({
        state: "normal",
        runs: "factory in a",
        why: "the factory image is committed; version release-2 was rolled back: rebooted without commit",
      });
      expect(selected(await host.board.variables())).toBe("part 2");
      const { stdout } = await host.hostctl("system", "history");
      expect(stdout).toMatch(/boot +done +release-2 .*rebooted without commit/);
      // And it can be tried again.
      await upgrade(host, "release-2");
      await host.reboot();
      expect((await status(host)).state).toBe("trying");
    }),
  );

  testUnless(
    needs,
    `${bootLoader}: a system that does not start is given up by the boot loader, and that is told`,
    () =>
      onHost({ board: { bootLoader }, ...wishesFor(bootLoader) }, async (host) => {
        for (const what of ["kernel", "root"] as const) {
          await upgrade(host, "release-2");
          await host.board.damage("b", what);
          const hook = await host.reboot();
          expect(hook.stdout).toStartWith(
            "system: normal, runs slot a; failed, version release-2: the boot loader started ",
          );
          expect(hook.exitCode).toBe(0);
          expect(selected(await host.board.variables())).toBe("part 2");
        }
        expect((await host.hostctl("system", "history")).stdout).toMatch(/boot +failed +release-2 /);
      }),
  );

  testUnless(needs, `${bootLoader}: rollback before the reboot, during the trial, and to the previous system`, () =>
    onHost({ board: { bootLoader }, ...wishesFor(bootLoader) }, async (host) => {
      await upgrade(host, "release-2");
      worked(await host.hostctl("system", "rollback"));
      expect(await status(host)).toMatchObject({ state: "normal", runs: "factory in a" });
      expect(selected(await host.board.variables())).toBe("part 2");

      await upgrade(host, "release-2");
      await host.reboot();
      worked(await host.hostctl("system", "rollback"));
      expect(await status(host)).toMatchObject({ state: "rollback", runs: "release-2 in b" });
      expect((await host.reboot()).stdout).toBe(
        "system: normal, runs slot a; rolled back, version release-2: asked for\n",
      );

      await upgrade(host, "release-2");
      await host.reboot();
      worked(await host.hostctl("system", "commit"));
      worked(await host.hostctl("system", "rollback"));
      expect((await host.reboot()).stdout).toStartWith(
        "system: normal, runs slot a; rolled back, version release-2: asked for",
      );
    }),
  );
}

const needs = [needsBoard("u-boot")];

testUnless(needs, "a trial that U-Boot starts a second time is ended by the hook, which reboots the host", () =>
  onHost({ board: { bootLimit: 3 }, ...wishesFor("u-boot") }, async (host) => {
    const { board } = host;
    await upgrade(host, "release-2");
    await host.reboot();
    expect((await status(host)).runs).toBe("release-2 in b");
    expect((await board.reboot()).slot).toBe("b");
    // It goes down under the hook.
    await host.hook();
    await board.down();
    expect((await board.boot()).slot).toBe("a");
    const hook = await host.hook();
    expect(hook.stdout).toBe("system: normal, runs slot a; rolled back, version release-2: rebooted without commit\n");
  }),
);

testUnless(needs, "checks that pass commit a trial, and checks that do not roll it back and say why", () =>
  onHost({ ...wishesFor("u-boot") }, async (host) => {
    const checked = (timeout: string) => ({
      ...wishesFor("u-boot"),
      more: ["[upgrade.commit]", 'checks = [["/data/check"]]', 'interval = "100ms"', `timeout = "${timeout}"`],
    });
    const { board } = host;
    await board.write("/data/check", '#!/bin/sh\n[ -e /run/good ] || { echo "the line is down" >&2; exit 1; }\n');
    worked(await board.run(["chmod", "755", "/data/check"]));
    await host.restart(checked("60s"));
    await upgrade(host, "release-2");
    await host.reboot();
    expect((await status(host)).state).toBe("trying");
    await board.write("/run/good", "");
    await until("the checks have committed", async () => (await status(host)).state === "normal");
    expect((await host.hostctl("system", "history")).stdout).toContain("every check passed");
    expect(selected(await board.variables())).toBe("part 3");

    await host.restart(checked("1s"));
    await upgrade(host, "release-3");
    await host.reboot().catch(() => undefined);
    await board.down();
    expect((await board.boot()).slot).toBe("b");
    const hook = await host.hook();
    const why = 'not every check passed within 1 s: "/data/check" ended with 1: the line is down';
    expect(hook.stdout).toBe(
      `system: normal, runs slot b, version release-2; rolled back, version release-3: ${why}\n`,
    );
  }),
);

testUnless(
  needs,
  "what is older than what was committed is refused before its slot is touched, unless both sides want it",
  () =>
    onHost({ ...wishesFor("u-boot") }, async (host) => {
      await upgrade(host, "release-10");
      await host.reboot();
      worked(await host.hostctl("system", "commit"));
      const before = await contentsOf(host.board.device("a"));
      await host.board.write(upgradeFile, await artifactOf("release-9"));
      const older = await host.hostctl("system", "upgrade", upgradeFile);
      expect([older.exitCode, older.stdout]).toEqual([
        5,
        'Cannot install the image: it is version "release-9", and version "release-10" was committed on this host; ' +
          "the host's administrator can permit it with upgrade.allow_downgrade\n",
      ]);
      expect((await host.hostctl("system", "upgrade", upgradeFile, "--allow-downgrade")).exitCode).toBe(5);
      expect(await contentsOf(host.board.device("a"))).toBe(before);
      await host.restart({ ...wishesFor("u-boot"), upgrade: { allow_downgrade: "true" } });
      expect((await host.hostctl("system", "upgrade", upgradeFile)).stdout).toContain("give --allow-downgrade");
      expect((await host.hostctl("system", "upgrade", upgradeFile, "--allow-downgrade")).stdout).toBe(success);
    }),
);

testUnless(needs, "a container upgrades its host by its own socket, as a stream, with curl, and as an open file", () =>
  onHost({ ...wishesFor("u-boot") }, async (host) => {
    const { board } = host;
    const build =
      "mkdir -p /tmp/c/root/bin && cp /bin/true /tmp/c/root/bin && tar -C /tmp/c/root -cf /tmp/c/rootfs.tar . && printf 'name: edge\\n' >/tmp/c/config.yaml";
    worked(await board.run(["sh", "-c", build]));
    worked(await host.hostctl("container", "install", "/tmp/c/config.yaml", "/tmp/c/rootfs.tar"));
    const socket = "/run/host-service.d/edge/host-service";
    await board.write(upgradeFile, await artifactOf("release-2"));
    const inside = (...words: string[]) => host.hostctl("-s", socket, ...words);
    for (const way of ["fd", "stream"]) {
      expect((await inside("upgrade", upgradeFile, "--transfer", way)).stdout).toBe(success);
      worked(await inside("system", "rollback"));
    }
    expect((await inside("upgrade", upgradeFile, "--transfer", "path")).exitCode).toBe(8);
    const curl = [
      "curl",
      "-s",
      "--unix-socket",
      socket,
      "-T",
      upgradeFile,
      "-X",
      "POST",
      "http://host/v1/system/upgrade",
    ];
    expect(JSON.parse(worked(await board.run(curl)).stdout)).toMatchObject({ system: { state: "pending" } });
    const { history } = JSON.parse(worked(await inside("system", "history", "--json")).stdout) as {
      history: { caller: string; action: string; result: string }[];
    };
    expect(history.map(({ caller, action, result }) => `${caller} ${action} ${result}`)).toEqual([
      "edge upgrade done",
      "edge rollback done",
      "edge upgrade done",
      "edge rollback done",
      "edge upgrade failed",
      "edge upgrade done",
    ]);
  }),
);
