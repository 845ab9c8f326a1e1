import { expect, test } from "bun:test";
import { CrashDisk, watchedDisk } from "@host-service/disk/crash-disk";
import { makeHost, openHost } from "../kit/paper-board.ts";

const words = (report: { state: string; why: string }) => `${report.state}: ${report.why}`;

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "nothing was thrown";
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name, message } = error;
    return `${name}: ${message}`;
  }
}

test("an upgrade that is committed, and one that is not, by what status says", async () => {
  const host = await makeHost(new CrashDisk());
  const said: string[] = [];
  const look = async (boot: Awaited<ReturnType<typeof host.boot>>) => {
    const { part, isTrial } = await host.environment();
    said.push(`${words(await host.system(boot).status())} [${boot.booted}; next ${part}${isTrial ? " on trial" : ""}]`);
  };
  let boot = await host.boot();
  await look(boot);
  await host.upgrade(boot, "1.0.0");
  await look(boot);
  boot = await host.boot();
  await look(boot);
  await host.system(boot).commit();
  await look(boot);
  await host.upgrade(boot, "2.0.0");
  boot = await host.boot();
  await look(boot);
  boot = await host.boot();
  await look(boot);
  expect(said).toEqual([
    "normal: the factory image is committed [a; next a]",
    "pending: version 1.0.0 is installed and is tried at the next boot [a; next b on trial]",
    "trying: version 1.0.0 is on trial; a reboot without a commit goes back to the factory image [b; next b on trial]",
    "normal: version 1.0.0 is committed [b; next b]",
    "trying: version 2.0.0 is on trial; a reboot without a commit goes back to version 1.0.0 [a; next a on trial]",
    "normal: version 1.0.0 is committed; version 2.0.0 was rolled back: rebooted without commit [b; next b]",
  ]);
});

test("a second upgrade is refused while one is pending, on trial or on its way back", async () => {
  const host = await makeHost(new CrashDisk());
  let boot = await host.boot();
  await host.upgrade(boot, "1.0.0");
  expect(await messageOf(host.upgrade(boot, "2.0.0"))).toBe(
    "SlotsError: Cannot upgrade the system: an upgrade is installed and is tried at the next boot; " +
      "reboot (hostctl reboot) or drop it (hostctl system rollback) first",
  );
  boot = await host.boot();
  expect(await messageOf(host.upgrade(boot, "2.0.0"))).toBe(
    "SlotsError: Cannot install an image for the system: version 1.0.0 is on trial and the other slot is the way back; " +
      "commit it (hostctl system commit) or roll it back (hostctl system rollback) first",
  );
  await host.system(boot).rollback();
  expect(await messageOf(host.upgrade(boot, "2.0.0"))).toBe(
    "SlotsError: Cannot install an image for the system: version 1.0.0 is left at the next boot and the other slot is the way back; " +
      "reboot (hostctl reboot) or keep it (hostctl system commit) first",
  );
  expect(await host.contents("a")).toBe("factory");
});

test("rollback before the reboot drops the candidate and the boot loader's trial", async () => {
  const host = await makeHost(new CrashDisk());
  const boot = await host.boot();
  await host.upgrade(boot, "1.0.0");
  expect(words(await host.system(boot).rollback())).toBe(
    "normal: the factory image is committed; version 1.0.0 was cancelled: rolled back before it was booted",
  );
  expect(await host.environment()).toEqual({ part: "a", isTrial: false, bootCount: 0, bootLimit: 1 });
});

test("a commit calls a rollback off, and tells the boot loader", async () => {
  const host = await makeHost(new CrashDisk());
  await host.upgrade(await host.boot(), "1.0.0");
  const boot = await host.boot();
  await host.system(boot).rollback();
  expect((await host.environment()).part).toBe("a");
  expect((await host.system(boot).commit()).state).toBe("normal");
  expect((await host.environment()).part).toBe("b");
  expect((await host.boot()).version).toBe("1.0.0");
});

test("the floor rises with a commit alone, and an older version is refused before its slot is touched", async () => {
  const host = await makeHost(new CrashDisk());
  let boot = await host.boot();
  await host.upgrade(boot, "2.0.0");
  await host.boot();
  boot = await host.boot();
  expect((await host.system(boot).status()).floor).toBe(undefined);
  await host.upgrade(boot, "1.10.0");
  boot = await host.boot();
  expect((await host.system(boot).commit()).floor).toBe("1.10.0");
  expect(await messageOf(host.upgrade(boot, "1.9.0"))).toStartWith(
    "ArtifactError: Cannot install the image: it is version",
  );
  expect(await host.contents("a")).toBe("factory");
  // What was refused has cost nothing: the way to the previous image is still there.
  expect((await host.system(boot).rollback()).state).toBe("rollback");
});

test("a boot loader that cannot be told leaves the system as it was", async () => {
  const disk = new CrashDisk();
  const host = await makeHost(disk);
  const boot = await host.boot();
  const broken = openHost(
    watchedDisk(disk, (operation, path) => {
      if (operation === "rename" && path.endsWith("/environment")) throw new Error("Cannot write the environment");
    }),
  );
  expect(await messageOf(broken.upgrade(boot, "1.0.0"))).toBe("Error: Cannot write the environment");
  const report = await host.system(boot).status();
  expect(words(report)).toBe(
    "normal: the factory image is committed; version 1.0.0 failed: the boot loader could not be told to start it",
  );
  expect((await host.boot()).version).toBe("factory");
});

test("a trial that the boot loader starts a second time is ended by the hook, which reboots", async () => {
  const host = await makeHost(new CrashDisk());
  const boot = await host.boot();
  await host.setEnvironment({ bootLimit: 5 });
  await host.upgrade(boot, "1.0.0");
  expect((await host.boot()).version).toBe("1.0.0");
  const back = await host.boot();
  expect([back.version, back.starts, back.hook.state]).toEqual(["factory", 2, "normal"]);
  expect(back.hook.outcome?.why).toBe("rebooted without commit");
});

test("a boot loader that ignores what it is told is told once, and then a person", async () => {
  const disk = new CrashDisk();
  const host = await makeHost(disk);
  await host.setEnvironment({ bootLimit: 5 });
  await host.upgrade(await host.boot(), "1.0.0");
  await host.boot();
  const stubborn = openHost(disk, { ignoresEnvironment: "b" });
  const stuck = await stubborn.boot();
  expect([stuck.version, stuck.starts, stuck.hook.failed]).toEqual(["1.0.0", 2, true]);
  expect(stuck.hook.problem).toBe(
    "the boot loader was told to start slot a and started the other one again; commit what runs, or look at the boot loader",
  );
  const { state, why } = await stubborn.system(stuck).status();
  expect({ state, why }).toEqual({
    state: "trying",
    why: "version 1.0.0 is on trial; the boot loader was told to start slot a and started the other one again; commit what runs, or look at the boot loader",
  });
  // Nor at any later boot.
  expect((await stubborn.boot()).starts).toBe(1);
  // What runs can be kept, and the next trial is one of its own.
  const kept = await host.boot();
  expect((await host.system(kept).status()).state).toBe("normal");
});

test("a slot that was switched to behind our back counts as a trial while the boot loader says so", async () => {
  const host = await makeHost(new CrashDisk());
  const boot = await host.boot();
  await host.upgrade(boot, "1.0.0");
  await host.system(boot).rollback();
  await host.setEnvironment({ part: "b", isTrial: true, bootCount: 0 });
  const foreign = await host.boot();
  expect([foreign.version, foreign.hook.state, foreign.hook.problem]).toEqual([
    "1.0.0",
    "trying",
    "slot b runs, which host-service did not switch to; it counts as a trial",
  ]);
});

test("a record that makes no sense is set aside, and what runs is on trial while the boot loader says so", async () => {
  const disk = new CrashDisk();
  const host = await makeHost(disk);
  await host.upgrade(await host.boot(), "1.0.0");
  await disk.unlink("/host/state/system/record.json");
  await disk.create("/host/state/system/record.json", "{");
  const trial = await host.boot();
  expect([trial.version, trial.hook.did, trial.hook.state]).toEqual(["1.0.0", "restored", "trying"]);
  await disk.unlink("/host/state/system/record.json");
  await disk.create("/host/state/system/record.json", "{");
  const boot = await host.boot();
  expect([boot.hook.did, boot.hook.state, boot.hook.failed]).toEqual(["restored", "normal", true]);
  expect(boot.version).toBe("factory");
  expect(await disk.list("/host/state/system")).toContain("record.json.unreadable-1");
});
