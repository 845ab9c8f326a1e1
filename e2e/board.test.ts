// The board that upgrades of the host are told on: its boot loaders do what their documents say, its root really is the partition, and
// nothing of it is left behind.
import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { type Board, makeBoard, needsBoard, onBoard } from "./kit/board.ts";
import { onSources } from "./kit/board/programs.ts";
import { makeRootImage, versionIn } from "./kit/board/root-image.ts";
import { testUnless } from "./kit/requirements.ts";
import { must } from "./kit/run.ts";
import { until } from "./kit/until.ts";

const bootLoaders = ["u-boot", "grub", "grub-file"] as const;
const both = { a: "release-1", b: "release-2" };
const toB = { mender_boot_part: "3", mender_boot_part_hex: "3", upgrade_available: "1", bootcount: "0" };

for (const bootLoader of bootLoaders) {
  const needs = [needsBoard(bootLoader)];

  testUnless(needs, `${bootLoader}: the root is the partition, in a machine of its own`, () =>
    onBoard({ bootLoader }, async (board) => {
      const { slot, bootId, notes } = await board.boot();
      expect({ slot, notes }).toEqual({ slot: "a", notes: [] });
      const { rdev } = await stat(board.device("a"));
      expect(await says(board, "stat -c %d /")).toBe(String(rdev));
      expect(await says(board, "cat /sys/dev/block/$(stat -c %Hd:%Ld /)/partition")).toBe("2");
      expect(await says(board, "cat /proc/sys/kernel/random/boot_id")).toBe(bootId);
      expect(await says(board, "readlink -f /dev/disk/by-partlabel/root-b")).toBe(board.device("b"));
      expect(await says(board, "hostname; cat /boot/kernel; id -u")).toBe("board\nrelease-1\n0");
      expect(await says(board, "touch /x /usr/x; tr '\\0' ' ' </proc/1/cmdline | cut -c1-8")).toBe("/bin/sh");
      expect(await says(board, "awk '$2 == \"/data\" { print $1 }' /proc/mounts")).toBe(board.device("data"));
      expect(existsSync(board.directory) && (await says(board, `ls ${board.directory}`))).toBe("");
    }),
  );

  testUnless(needs, `${bootLoader}: /data outlives a reboot and a cut, and each boot has its own id and /run`, () =>
    onBoard({ bootLoader }, async (board) => {
      const first = await board.boot();
      await board.write("/data/kept/x", "kept");
      await board.write("/run/x", "gone");
      const second = await board.reboot();
      expect(await says(board, "cat /data/kept/x; ls /run/x 2>&1")).toMatch(/^kept.*No such file/);
      const sleeper = board.start(["sleep", "1000"]);
      await board.cut();
      expect(await sleeper.exited).not.toBe(0);
      const third = await board.boot();
      expect(await says(board, "cat /data/kept/x")).toBe("kept");
      expect(new Set([first.bootId, second.bootId, third.bootId]).size).toBe(3);
    }),
  );

  testUnless(needs, `${bootLoader}: a trial has one boot, and the one after it goes back`, () =>
    onBoard({ bootLoader, versions: both }, async (board) => {
      await board.boot();
      await board.set(toB);
      expect((await board.reboot()).slot).toBe("b");
      expect(await says(board, "cat /boot/kernel")).toBe("release-2");
      expect(await board.variables()).toMatchObject({ ...toB, bootcount: "1" });
      expect((await board.reboot()).slot).toBe("a");
      expect(await board.variables()).toMatchObject({ mender_boot_part: "2", upgrade_available: "0" });
      expect((await board.reboot()).slot).toBe("a");
    }),
  );

  testUnless(needs, `${bootLoader}: a slot without a kernel, and one whose root cannot be mounted, fall back`, () =>
    onBoard({ bootLoader, versions: both }, async (board) => {
      await board.boot();
      await board.damage("b", "root");
      await board.set(toB);
      const { slot, notes } = await board.reboot();
      expect(slot).toBe("a");
      expect(notes[0]).toStartWith(`Cannot start "${board.device("b")}": mount: `);
      await board.damage("b");
      expect(await board.contentsOf("b")).toBeUndefined();
      await board.set(toB);
      expect((await board.reboot()).notes).toEqual(["no kernel in 3", expect.stringMatching(/back to 2$/)]);
      expect((await board.variables())["upgrade_available"]).toBe("0");
    }),
  );

  testUnless(needs, `${bootLoader}: without a trial there is nothing to fall back to`, () =>
    onBoard({ bootLoader, versions: {} }, async (board) => {
      const failure = await board.boot().catch((error: unknown) => error);
      expect(String(failure)).toEndWith("is at its prompt");
    }),
  );

  testUnless(
    needs,
    `${bootLoader}: our boot loader on the board: try, go back, try, keep, return; with slot b as partition 10`,
    () =>
      onBoard({ bootLoader, versions: both, partitions: { a: 2, b: 10 }, lendsSources: true }, async (board) => {
        const kind = bootLoader === "u-boot" ? "u-boot" : "grub";
        const file = bootLoader === "grub-file" ? { file: "/boot/efi/grub/grubenv" } : {};
        const change = async (...words: string[]) => {
          const command = onSources("e2e/tools/change-boot-environment.ts");
          const { exitCode, stderr } = await board.run([...command, JSON.stringify({ kind, ...file }), ...words]);
          expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
        };
        await board.boot();
        await change("tryOnce", "b", "a");
        expect((await board.reboot()).slot).toBe("b");
        await board.cut();
        expect((await board.boot()).slot).toBe("a");
        await change("tryOnce", "b", "a");
        expect((await board.reboot()).slot).toBe("b");
        await change("keep", "b", "b");
        expect((await board.reboot()).slot).toBe("b");
        await change("returnTo", "a", "b");
        expect((await board.reboot()).slot).toBe("a");
      }),
  );
}

testUnless([needsBoard("u-boot")], "U-Boot gives a trial as many boots as its limit says", () =>
  onBoard({ bootLoader: "u-boot", versions: both, bootLimit: 3 }, async (board) => {
    await board.boot();
    await board.set(toB);
    const slots = [];
    for (let boot = 0; boot < 5; boot++) slots.push((await board.reboot()).slot);
    expect(slots).toEqual(["b", "b", "b", "a", "a"]);
  }),
);

testUnless(
  [needsBoard("u-boot")],
  "/sbin/reboot on the board takes it down, and what handles the signal has its time",
  () =>
    onBoard({ bootLoader: "u-boot" }, async (board) => {
      await board.boot();
      const script =
        "trap 'sleep 0.1; echo done >/data/x; exit' TERM; echo ready >/run/ready; while :; do sleep 1; done";
      board.start(["sh", "-c", script]);
      await until("it listens", async () => (await board.run(["test", "-e", "/run/ready"])).exitCode === 0);
      await board.run(["reboot"]);
      await board.down();
      await board.boot();
      expect(await says(board, "cat /data/x")).toBe("done");
    }),
);

testUnless([needsBoard("u-boot")], "an image that is written into a slot is what starts there", () =>
  onBoard({ bootLoader: "u-boot" }, async (board) => {
    const image = await makeRootImage("release-7");
    expect([await versionIn(image), await board.contentsOf("b")]).toEqual(["release-7", undefined]);
    await board.install("b", image);
    await board.set(toB);
    expect((await board.boot()).slot).toBe("b");
    expect(await says(board, "cat /boot/kernel")).toBe("release-7");
  }),
);

testUnless(
  [needsBoard("grub")],
  "a board is gone after its story: disk, loop device, mounts and programs, also when the story fails",
  async () => {
    let gone: { directory: string; loop: string; sleeper: Bun.Subprocess } | undefined;
    const story = onBoard({ bootLoader: "grub" }, async (board) => {
      await board.boot();
      const sleeper = board.start(["sleep", "1000"]);
      gone = { directory: board.directory, loop: board.device("env"), sleeper };
      throw new Error("planted");
    });
    expect(await story.catch((error: unknown) => String(error))).toBe("Error: planted");
    if (gone === undefined) throw new Error("Cannot look: the story did not begin");
    expect(await gone.sleeper.exited).not.toBe(0);
    expect([existsSync(gone.directory), existsSync(gone.loop)]).toEqual([false, false]);
    expect((await must(["losetup", "--all"])).includes(gone.directory)).toBe(false);
    expect((await readFile("/proc/self/mountinfo", "utf8")).includes(gone.directory)).toBe(false);
  },
);

testUnless([needsBoard("u-boot")], "a board is gone when its tests are killed", async () => {
  const script = `
    import { makeBoard } from ${JSON.stringify(`${import.meta.dirname}/kit/board.ts`)};
    const board = await makeBoard({ bootLoader: "u-boot" });
    await board.boot();
    console.log(board.directory);
    await new Promise(() => setInterval(() => undefined, 1000));`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const reader = child.stdout.getReader();
  const directory = new TextDecoder().decode((await reader.read()).value).trim();
  expect(existsSync(directory)).toBe(true);
  child.kill("SIGKILL");
  await until("the board is gone", () => !existsSync(directory));
  expect((await must(["losetup", "--all"])).includes(directory)).toBe(false);
});

testUnless(
  [needsBoard("u-boot")],
  "a board cannot be used before it was booted, and can be removed twice",
  async () => {
    const board = await makeBoard({ bootLoader: "u-boot", versions: {} });
    try {
      expect(() => board.run(["true"])).toThrow("it was never booted");
    } finally {
      await board.remove();
    }
    await board.remove();
    expect(existsSync(board.directory)).toBe(false);
  },
);

/** Standard output of a line of shell on the board. */
async function says(board: Board, line: string): Promise<string> {
  return (await board.run(["/bin/sh", "-c", line])).stdout.trim();
}
