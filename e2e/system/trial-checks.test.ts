// A trial of the host that nobody ends by hand: the configured checks commit it, or the host goes back by itself and says which one failed.
import { expect } from "bun:test";
import { type BoardHost, deviceType, onBoardHost } from "../kit/board-host.ts";
import { needsBoard } from "../kit/board.ts";
import { artifactOf } from "../kit/board/artifact.ts";
import { needsTools, testUnless } from "../kit/requirements.ts";
import { until } from "../kit/until.ts";

const bootLoader = "u-boot";
const needs = [needsTools("mender-artifact"), needsBoard(bootLoader)];

testUnless(needs, "a trial is committed as soon as every check passes", () =>
  onTrial({ checks: [["true"], ["/bin/sh", "-c", passesLater]], timeout: "10m" }, async (host) => {
    await until("a check has failed", async () => (await host.log()).includes("the modem is not up"));
    expect((await host.status())[0]).toBe("trying");
    await host.board.write("/run/modem", "");
    await until("it is committed", async () => (await host.status())[0] === "normal");
    expect(await host.history()).toEqual(["upgrade done release-2", "commit done release-2: every check passed"]);
    expect(await host.reboot()).toMatchObject({
      slot: "b",
      hook: { exitCode: 0, stdout: "system: normal, runs slot b, version release-2\n" },
    });
  }),
);

const passesLater = "test -e /run/modem || { echo the modem is not up >&2; exit 3; }";

for (const [what, script, how] of [
  ["never passes", "echo the modem is dead >&2; exit 3", "ended with 3: the modem is dead"],
  ["never ends", "echo waiting for the modem >&2; exec sleep 1000", "was ended by SIGKILL: waiting for the modem"],
] as const) {
  testUnless(needs, `a check that ${what} within the time rolls back and reboots, and its words are kept`, () =>
    onTrial({ checks: [["true"], ["/bin/sh", "-c", script]], timeout: "3s" }, async (host) => {
      const why = `not every check passed within 3 s: "/bin/sh -c ${script}" ${how}`;
      expect(await host.bootOnceDown()).toMatchObject({
        slot: "a",
        notes: [],
        hook: { exitCode: 0, stdout: `system: normal, runs slot a; rolled back, version release-2: ${why}\n` },
      });
      expect((await host.status()).find((line) => line.startsWith("why: "))).toBe(
        `why: the factory image is committed; version release-2 was rolled back: ${why}`,
      );
      expect(await host.history()).toEqual([
        "upgrade done release-2",
        `rollback done release-2: ${why}`,
        `boot done release-2: ${why}`,
      ]);
    }),
  );
}

testUnless(needs, "checks that were going on when the power went do not keep the trial", () =>
  onTrial({ checks: [["false"]], timeout: "10m" }, async (host) => {
    await host.board.cut();
    expect(await host.boot()).toMatchObject({ slot: "a", hook: { exitCode: 0 } });
    expect((await host.history()).at(-1)).toBe("boot done release-2: rebooted without commit");
  }),
);

/** Installed and booted, with checks that run from then on. */
async function onTrial(
  { checks, timeout }: { checks: readonly (readonly string[])[]; timeout: string },
  story: (host: BoardHost) => Promise<void>,
): Promise<void> {
  const commit = [`checks = ${JSON.stringify(checks)}`, 'interval = "100ms"', `timeout = "${timeout}"`];
  await onBoardHost({ bootLoader, more: ["[upgrade.commit]", ...commit] }, async (host) => {
    expect(await host.upgrade(await artifactOf("release-2", { deviceType }))).toMatchObject({ exitCode: 0 });
    expect((await host.reboot()).hook.stdout).toBe("system: trying, runs slot b, version release-2\n");
    await story(host);
  });
}
