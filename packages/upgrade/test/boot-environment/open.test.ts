import { expect, test } from "bun:test";
import { openBootLoader } from "../../source/boot-environment/open.ts";
import { inPlace } from "./kit/programs.ts";
import { complaintOf } from "./kit/refusal.ts";

test("openBootLoader takes each kind's own tool, and looks for it only when it is used", () =>
  inPlace(async ({ directory, path }) => {
    const places = { partitions: { a: 2, b: 3 }, bootedSlot: async () => "a" as const };
    const missing = async (choice: Parameters<typeof openBootLoader>[0]) => {
      const boot = openBootLoader(choice, places, { directories: [directory] });
      return /there is no "([^"]+)"/.exec(await complaintOf(boot.check()))?.[1];
    };
    expect(await missing({ kind: "u-boot" })).toBe("fw_printenv");
    expect(await missing({ kind: "u-boot", file: path("fw_env.config") })).toBe("fw_printenv");
    expect(await missing({ kind: "grub" })).toBe("grub-mender-grubenv-print");
    expect(await missing({ kind: "grub", file: path("grubenv") })).toBe("grub-editenv");
    expect(await missing({ kind: "systemd-boot", entries: { a: "a.conf", b: "b.conf" } })).toBe("bootctl");
  }));
