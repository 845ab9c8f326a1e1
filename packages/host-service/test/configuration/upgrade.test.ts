import { expect, test } from "bun:test";
import { parseConfiguration } from "../../source/configuration/configuration.ts";

const slots = 'slots = ["/dev/a", "/dev/b"]';
const type = 'device_type = "edge-x1"';
const uBoot = 'boot_environment = "u-boot"';

function refusal(...lines: string[]): string {
  try {
    parseConfiguration(`[upgrade]\n${lines.join("\n")}\n`, "/etc/host-service/config.toml");
    return "taken";
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^.*config\.toml"?: /, "") : String(error);
  }
}

test("[upgrade] refuses what would be ignored, and says what is missing", () => {
  expect({
    "no slots": refusal(type, uBoot),
    "one slot": refusal('slots = ["/dev/a"]', type, uBoot),
    "three slots": refusal('slots = ["/dev/a", "/dev/b", "/dev/c"]', type, uBoot),
    "the same slot": refusal('slots = ["/dev/a", "/dev/a"]', type, uBoot),
    "a relative slot": refusal('slots = ["a", "/dev/b"]', type, uBoot),
    "no device type": refusal(slots, uBoot),
    "no boot environment": refusal(slots, type),
    "another boot environment": refusal(slots, type, 'boot_environment = "lilo"'),
    "entries for U-Boot": refusal(slots, type, uBoot, 'boot_entries = ["a", "b"]'),
    "the same part": refusal(slots, type, uBoot, "boot_parts = [2, 2]"),
    "part 0": refusal(slots, type, uBoot, "boot_parts = [0, 2]"),
    "a file for systemd-boot": refusal(
      slots,
      type,
      'boot_environment = "systemd-boot"',
      'boot_environment_file = "/x"',
    ),
    "no entries for systemd-boot": refusal(slots, type, 'boot_environment = "systemd-boot"'),
    "a command for partitions": refusal(slots, type, uBoot, 'command = ["x"]'),
    "a boot environment for rauc": refusal(slots, 'backend = "rauc"', uBoot),
    "swupdate without a command": refusal(slots, 'backend = "swupdate"', uBoot),
    "swupdate without {slot}": refusal(slots, 'backend = "swupdate"', uBoot, 'command = ["swupdate", "-k", "x"]'),
    "slot names for rauc": refusal(slots, 'backend = "rauc"', 'slot_names = ["copy1", "copy2"]'),
    "no checks": refusal(slots, type, uBoot, "[upgrade.commit]", "checks = []"),
    "an unknown key": refusal(slots, type, uBoot, "artifact_verify_kye = true"),
    "an unknown back end": refusal(slots, type, uBoot, 'backend = "ostree"'),
  }).toMatchInlineSnapshot(`
    {
      "a boot environment for rauc": ""upgrade.boot_environment" is not used: RAUC has its own boot loader settings; leave it out",
      "a command for partitions": ""upgrade.command" is not used with backend = "partitions"; leave it out",
      "a file for systemd-boot": ""upgrade.boot_environment_file" is not used with systemd-boot; leave it out",
      "a relative slot": ""upgrade.slots.0": has to be an absolute path",
      "an unknown back end": ""upgrade.backend" has to be "partitions" or "mender" or "rauc" or "swupdate", got "ostree"",
      "an unknown key": "unknown key "artifact_verify_kye" in "upgrade"; known here: backend, device_type, slots, boot_environment, boot_environment_file, boot_parts, boot_entries, command, slot_names, allow_downgrade, provides, commit",
      "another boot environment": ""upgrade.boot_environment" has to be "u-boot" or "grub" or "systemd-boot", got "lilo"",
      "entries for U-Boot": ""upgrade.boot_entries" is not used with boot_environment = "u-boot"; leave it out",
      "no boot environment": ""upgrade.boot_environment" is missing; it is "u-boot", "grub" or "systemd-boot"",
      "no checks": ""upgrade.commit.checks": has to name at least one command",
      "no device type": ""upgrade.device_type" is missing; artifacts are compared with it",
      "no entries for systemd-boot": ""upgrade.boot_entries" is missing, such as ["root-a.conf", "root-b.conf"]",
      "no slots": "the key "upgrade.slots" is missing",
      "one slot": ""upgrade.slots": has to name two, of slot a and of slot b",
      "part 0": ""upgrade.boot_parts.0": has to be at least 1",
      "slot names for rauc": ""upgrade.slot_names" is not used with backend = "rauc"; leave it out",
      "swupdate without a command": ""upgrade.command" is missing, such as ["swupdate", "-k", "/etc/swupdate/cert.pem", "-e", "stable,copy-{slot}"]",
      "swupdate without {slot}": ""upgrade.command" has no "{slot}", so that the image alone would decide which slot is overwritten",
      "the same part": ""upgrade.boot_parts" names 2 twice",
      "the same slot": ""upgrade.slots" names "/dev/a" twice",
      "three slots": ""upgrade.slots": has to name two, of slot a and of slot b",
    }
  `);
});

test("[upgrade] takes every back end with what belongs to it", () => {
  for (const lines of [
    [slots, type, uBoot],
    [slots, type, 'boot_environment = "grub"', 'boot_environment_file = "/boot/grub/grubenv"'],
    [slots, type, 'boot_environment = "systemd-boot"', 'boot_entries = ["root-a.conf", "root-b.conf"]'],
    [slots, 'backend = "rauc"'],
    [slots, 'backend = "rauc"', 'command = ["rauc", "-c", "/etc/rauc/system.conf"]'],
    [slots, 'backend = "mender"', uBoot],
    [slots, 'backend = "swupdate"', uBoot, 'command = ["swupdate", "-e", "stable,copy-{slot}"]'],
    [slots, 'backend = "swupdate"', uBoot, 'command = ["s", "{slot}"]', 'slot_names = ["copy1", "copy2"]'],
  ]) {
    expect(refusal(...lines)).toBe("taken");
  }
});

test("[verify.system] needs keys where a signature is asked for", () => {
  const refused = (text: string) => {
    try {
      parseConfiguration(`[verify.system]\n${text}\n`, "config.toml");
      return "taken";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  expect(refused("require_signature = true")).toContain(
    '"verify.system.require_signature" is true, but there are no keys',
  );
  expect(refused('raw_images = "signed"')).toContain('"verify.system.raw_images" is "signed", but there are no keys');
  expect(refused('raw_images = "refuse"')).toBe("taken");
});
