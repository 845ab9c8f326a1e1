import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import type { SlotName } from "@host-service/slots";
import { systemdBootLoader } from "../../source/boot-environment/systemd-boot.ts";
import { type EfiPlace, withEfi } from "./kit/efi.ts";
import { inPlace } from "./kit/programs.ts";
import { complaintOf, refusal } from "./kit/refusal.ts";
import { testWith } from "./kit/requirements.ts";
import { must } from "./kit/run.ts";

const entries = { a: "root-a.conf", b: "root-b.conf" };

function loader({ directory }: EfiPlace, booted: SlotName | undefined = "a") {
  return systemdBootLoader({ entries, bootedSlot: async () => booted, directories: [directory], variables: directory });
}

test("tryOnce makes sure of the way back before it sets the one shot", () =>
  withEfi(async (place) => {
    await loader(place).check();
    expect(await loader(place).view()).toEqual({ booted: "a", next: "a", isTrial: false });
    await loader(place).tryOnce("b");
    expect(await place.calls()).toEqual(["set-default root-a.conf", "set-oneshot root-b.conf"]);
    expect(await loader(place).view()).toEqual({ booted: "a", next: "b", isTrial: true });
    await loader(place).tryOnce("b");
    expect((await place.calls()).length).toBe(2);
  }));

test("keep of a trial that runs makes its entry the default", () =>
  withEfi(async (place) => {
    await loader(place).tryOnce("b");
    // What systemd-boot does at the boot.
    await place.set("LoaderEntryOneShot", undefined);
    await place.set("LoaderEntrySelected", "root-b.conf");
    const trial = loader(place, "b");
    expect(await trial.view()).toEqual({ booted: "b", next: "a", isTrial: false });
    await trial.keep("b");
    expect(await trial.view()).toEqual({ booted: "b", next: "b", isTrial: false });
    expect((await place.calls()).slice(2)).toEqual(["set-default root-b.conf"]);
    await trial.keep("b");
    expect((await place.calls()).length).toBe(3);
  }));

test("keep and returnTo of the running slot call off what was prepared", () =>
  withEfi(async (place) => {
    for (const change of ["keep", "returnTo"] as const) {
      await loader(place).tryOnce("b");
      await loader(place)[change]("a");
      expect(await place.get("LoaderEntryOneShot")).toBeUndefined();
      expect(await loader(place).view()).toEqual({ booted: "a", next: "a", isTrial: false });
    }
  }));

test("returnTo of the other slot makes its entry the default", () =>
  withEfi(async (place) => {
    await loader(place, "b").returnTo("a");
    expect(await place.get("LoaderEntryDefault")).toBe("root-a.conf");
  }));

test("M44: keep of a slot that does not run is refused, and nothing is called", () =>
  withEfi(async (place) => {
    expect(await refusal(loader(place).keep("b"))).toEqual({
      kind: "unknown-slot",
      message: "Cannot keep slot b: slot a runs",
    });
    expect(await place.calls()).toEqual([]);
  }));

test("M47: check refuses what would not come back, and says what to do", () =>
  withEfi(async (place) => {
    const says = async () =>
      (await complaintOf(loader(place).check())).replace("Cannot use the boot environment: ", "");
    for (const entry of ["@saved", "root-*", "other.conf", ""]) {
      await place.set("LoaderEntryDefault", entry);
      expect(await says()).toBe(
        `LoaderEntryDefault reads ${JSON.stringify(entry)}, which is no slot's entry; bootctl set-default root-a.conf or root-b.conf`,
      );
    }
    await place.set("LoaderEntryDefault", undefined);
    await place.set("LoaderEntries", "root-a.conf\0old.conf");
    expect(await says()).toStartWith('systemd-boot found no entry "root-b.conf" when it started this boot; add it');
    await place.set("LoaderEntries", undefined);
    expect(await says()).toBe("");
    // GRUB's bli module says which loader it is, and follows neither variable.
    await place.setFeatures(0x4n);
    expect(await says()).toBe(
      "the boot loader does not follow LoaderEntryDefault and LoaderEntryOneShot; update systemd-boot",
    );
    await place.setFeatures(undefined);
    expect(await says()).toStartWith("nothing in the EFI variables says that systemd-boot started this host");
    await place.set("LoaderEntryDefault", "a".repeat(70_000));
    expect(await complaintOf(loader(place).view())).toContain("is too long");
  }));

test("check refuses two slots with one entry", () =>
  withEfi(async ({ directory }) => {
    const same = { a: "root.conf", b: "root.conf" };
    const boot = systemdBootLoader({
      entries: same,
      bootedSlot: async () => "a",
      directories: [directory],
      variables: directory,
    });
    expect(await complaintOf(boot.check())).toContain('both slots have the boot entry "root.conf"');
  }));

test("M43: a bootctl that ends well and changes nothing is noticed, and one that fails is quoted", () =>
  withEfi(async (place) => {
    await place.program("bootctl", "exit 0");
    expect(await complaintOf(loader(place).tryOnce("b"))).toBe(
      `Cannot change the boot environment: "${place.path("bootctl")}" wrote "root-a.conf" and LoaderEntryDefault still reads ""; see what bootctl status says`,
    );
    await place.program("bootctl", "echo 'Failed to update EFI variable: No space left on device' >&2; exit 1");
    expect(await complaintOf(loader(place).tryOnce("b"))).toContain(
      'bootctl" ended with exit code 1: Failed to update EFI variable: No space left on device; see what',
    );
  }));

test("without bootctl check says what to install", () =>
  inPlace(async ({ directory }) => {
    const boot = systemdBootLoader({
      entries,
      bootedSlot: async () => "a",
      directories: [directory],
      variables: directory,
    });
    expect(await complaintOf(boot.check())).toBe(
      `Cannot use the boot environment: there is no "bootctl" in ${directory}; install systemd-boot`,
    );
  }));

// The real bootctl would change the real variables of a machine that has them.
const withoutEfi = existsSync("/sys/firmware/efi") ? ["a host without EFI"] : [];
testWith(
  ["bootctl", ...withoutEfi],
  "on a host without EFI everything but a view is refused clearly, by the real bootctl too",
  () =>
    inPlace(async ({ path }) => {
      const boot = systemdBootLoader({ entries, bootedSlot: async () => "a", variables: path("none") });
      expect(await complaintOf(boot.check())).toStartWith(
        "Cannot use the boot environment: nothing in the EFI variables says that systemd-boot started this host",
      );
      expect(await complaintOf(boot.tryOnce("b"))).toBe(
        'Cannot change the boot environment: "/usr/bin/bootctl" ended with exit code 1: Not booted with UEFI; see what bootctl status says',
      );
    }),
);

const root = process.getuid?.() === 0 ? [] : ["root's rights"];
testWith(["bootctl", "unshare", "iconv", ...root], "the real bootctl: a cycle on variables in memory", () =>
  inPlace(async ({ directory }) => {
    const kit = new URL("kit/", import.meta.url).pathname;
    const inside = ["/bin/sh", `${kit}efi-machine.sh`, directory, process.execPath, `${kit}efi-cycle.ts`];
    const output = await must(["unshare", "--mount", "--propagation", "private", ...inside]);
    const still = { booted: "a", next: "a", isTrial: false };
    const armed = { booted: "a", next: "b", isTrial: true };
    expect(JSON.parse(output)).toEqual([still, armed, still, armed, { booted: "a", next: "b", isTrial: false }]);
  }),
);
