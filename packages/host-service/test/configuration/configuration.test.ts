import { describe, expect, test } from "bun:test";
import { parseConfiguration } from "../../source/configuration/configuration.ts";

const path = "/etc/host-service/config.toml";

function answer(text: string): string {
  try {
    parseConfiguration(text, path);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message.replace(`Cannot read ${path}: `, "") : String(error);
  }
}

describe("parseConfiguration", () => {
  test("an empty file gives the defaults of the design", () => {
    expect(parseConfiguration("", path)).toEqual({
      socketPath: "/run/host-service",
      runDirectory: "/run/host-service.d",
      stateDirectory: "/var/lib/host-service",
      power: { driver: "systemd", rebootDuringTrial: "allow" },
      limits: {
        imageBytesMax: 8 * 1024 ** 3,
        unpackedBytesMax: 16 * 1024 ** 3,
        entriesMax: 1_000_000,
        stallTimeoutMs: 60_000,
        reserveBytes: 64 * 1024 ** 2,
        historyBytesMax: 1024 ** 2,
        uploadsMax: 4,
        uploadAgeMaxMs: 86_400_000,
        trialEndingsMax: 3,
        trialEndingsWithinMs: 60_000,
      },
      verify: {
        container: {
          section: "verify.container",
          keys: [],
          requireSignature: false,
          revoked: new Set(),
          expiry: new Map(),
        },
        system: {
          section: "verify.system",
          keys: [],
          requireSignature: false,
          revoked: new Set(),
          expiry: new Map(),
          rawImages: "accept",
        },
      },
      upgrade: undefined,
      portable: { bus: undefined, dwellMs: 10_000, profilesOf: expect.any(Function) },
      guestImages: [],
      keepsImages: false,
      file: { path, directory: "/etc/host-service" },
      allow: new Map(),
      rebootsAfterTrial: new Set(),
      grantOf: expect.any(Function),
    });
  });

  test("every key is taken", () => {
    const text = `
      socket = "/s"
      run_dir = "/r"
      state_dir = "/v"
      [power]
      driver = "command"
      reboot = ["/sbin/reboot", "-f"]
      suspend = ["zzz"]
      reboot_during_trial = "refuse"
      [limits]
      image_bytes_max = 1
      unpacked_bytes_max = 2
      entries_max = 3
      stall_timeout = "500ms"
      reserve_bytes = 0
      history_bytes_max = 4
      uploads_max = 5
      upload_age_max = "2h"
      trial_endings_max = 6
      trial_endings_within = "7s"
      [verify.container]
      keys = ["keys/*.pub"]
      require_signature = false
      revoked = ["0123456789abcdef"]
      [verify.container.not_after]
      E7620F1842B4E81F = 2027-12-31
      0000000000000001 = "2027-12-31T12:00:00+01:00"
      [verify.system]
      keys = ["keys/*.pem"]
      revoked = ["abababababababab", "CDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCD"]
      raw_images = "digest"
      [upgrade]
      backend = "partitions"
      device_type = "edge-x1"
      slots = ["/dev/a", "/dev/b"]
      boot_environment = "u-boot"
      boot_environment_file = "/etc/fw_env.config"
      boot_parts = [2, 3]
      allow_downgrade = true
      provides = { artifact_group = "pilot" }
      [upgrade.commit]
      checks = [["/usr/bin/check", "--all"]]
      interval = "5s"
      timeout = "2m"
      [guest_api]
      keep_images = true
      [containers.edge]
      allow = ["container"]
      trial_failure = "reboot"
      [containers.other]
      trial_failure = "restart"
    `;
    expect(parseConfiguration(text, path)).toEqual({
      socketPath: "/s",
      runDirectory: "/r",
      stateDirectory: "/v",
      power: {
        driver: "command",
        reboot: ["/sbin/reboot", "-f"],
        suspend: ["zzz"],
        rebootDuringTrial: "refuse",
      },
      limits: {
        imageBytesMax: 1,
        unpackedBytesMax: 2,
        entriesMax: 3,
        stallTimeoutMs: 500,
        reserveBytes: 0,
        historyBytesMax: 4,
        uploadsMax: 5,
        uploadAgeMaxMs: 7_200_000,
        trialEndingsMax: 6,
        trialEndingsWithinMs: 7000,
      },
      verify: {
        container: {
          section: "verify.container",
          keys: ["keys/*.pub"],
          requireSignature: false,
          revoked: new Set(["0123456789ABCDEF"]),
          expiry: new Map([
            ["E7620F1842B4E81F", new Date("2028-01-01T00:00:00Z")],
            ["0000000000000001", new Date("2027-12-31T11:00:00Z")],
          ]),
        },
        system: {
          section: "verify.system",
          keys: ["keys/*.pem"],
          requireSignature: true,
          revoked: new Set(["AB".repeat(8), "cd".repeat(32)]),
          expiry: new Map(),
          rawImages: "digest",
        },
      },
      upgrade: {
        backend: "partitions",
        devices: { a: "/dev/a", b: "/dev/b" },
        deviceType: "edge-x1",
        allowDowngrade: true,
        provides: { artifact_group: "pilot" },
        commit: { checks: [["/usr/bin/check", "--all"]], intervalMs: 5000, timeoutMs: 120_000 },
        bootEnvironment: { kind: "u-boot", file: "/etc/fw_env.config", parts: { a: 2, b: 3 } },
      },
      keepsImages: true,
      guestImages: [],
      file: { path, directory: "/etc/host-service" },
      allow: new Map([
        ["edge", ["container"]],
        ["other", ["power", "system", "container", "portable"]],
      ]),
      rebootsAfterTrial: new Set(["edge"]),
      portable: { bus: undefined, dwellMs: 10_000, profilesOf: expect.any(Function) },
      grantOf: expect.any(Function),
    });
  });

  const refusals: [string, string][] = [
    ['sockte = "/s"', 'unknown key "sockte"; did you mean "socket"?'],
    ["[limits]\nstal_timeout = 5", 'unknown key "stal_timeout" in "limits"; did you mean "stall_timeout"?'],
    ["socket = 5", '"socket" has to be a string, got 5'],
    ['socket = "run/x"', '"socket": has to be an absolute path'],
    ['[power]\ndriver = "sysv"', '"power.driver" has to be "systemd" or "command" or "none", got "sysv"'],
    ['[power]\nreboot = ["x"]', '"power.reboot" is a command, but "power.driver" is "systemd"; set driver = "command"'],
    ['[power]\ndriver = "command"\nreboot = []', '"power.reboot": a command needs at least the program\'s name'],
    [
      '[limits]\nstall_timeout = "5 minutes"',
      '"limits.stall_timeout": has to be a duration such as "500ms", "60s", "5m" or "1h"',
    ],
    ["[limits]\nentries_max = 0", '"limits.entries_max": has to be at least 1'],
    ["[limits]\nentries_max = 1.5", '"limits.entries_max": has to be a whole number'],
    [
      '[containers.edge]\nallow = ["powr"]',
      '"containers.edge.allow.0" has to be "power" or "system" or "container" or "portable", got "powr"',
    ],
    [
      "[verify.container]\nrequire_signature = true",
      '"verify.container.require_signature" is true, but there are no keys; set keys = ["keys/*.pub"]',
    ],
    ['[verify.container]\nkey = ["a"]', 'unknown key "key" in "verify.container"; did you mean "keys"?'],
    ['[verify.container]\nkeys = [""]', '"verify.container.keys.0": has to name a file'],
    [
      '[verify.container]\nrevoked = ["123"]',
      '"verify.container.revoked.0": is not a key id: minisign prints it as 16 hexadecimal digits',
    ],
    [
      '[verify.container.not_after]\nE7620F1842B4E81F = "2027-02-30"',
      '"verify.container.not_after.E7620F1842B4E81F": is not on the calendar',
    ],
    [
      '[verify.container.not_after]\nE7620F1842B4E81F = "next year"',
      '"verify.container.not_after.E7620F1842B4E81F": has to be a day such as "2027-12-31", or a time such as "2027-12-31T12:00:00Z"',
    ],
    [
      '[containers.edge]\nruntime = "docker"',
      '"containers.edge.runtime" has to be "nspawn" or "lxc" or "none", got "docker"',
    ],
    [
      '[containers.edge]\ndisk_sources = ["/srv/../etc"]',
      '"containers.edge.disk_sources.0": has to be an absolute path without "..", such as "/srv/data"',
    ],
    [
      '[containers.edge]\ndevices = ["/srv/node"]',
      '"containers.edge.devices.0": has to be a path below /dev, such as "/dev/ttyS0" or "/dev/ttyUSB*"',
    ],
    [
      '[containers.edge]\nnics = ["br0"]',
      '"containers.edge.nics.0": has to be "host", "p2p", or a kind with its parent such as "bridged:br0" or "macvlan:eth0"',
    ],
    ["[containers.edge]\nalow = []", 'unknown key "alow" in "containers.edge"; did you mean "allow"?'],
  ];
  test.each(refusals)("%s", (text, expected) => {
    expect(answer(text)).toBe(expected);
  });

  test("a container's name in the file is checked", () => {
    expect(answer('[containers."-x"]')).toContain('Cannot read "containers.-x"');
  });

  test("what is not TOML is said to be that", () => {
    expect(answer("socket = ")).toStartWith("it is not TOML: ");
  });
});
