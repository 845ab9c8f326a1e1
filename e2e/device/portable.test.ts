// Portable services on a device with a real systemd: attached as systemd itself does it, updated, tried, and gone at the next boot unless committed.
import { expect } from "bun:test";
import { symlink } from "node:fs/promises";
import { attachedFiles, recordedDropIn, recordedFiles } from "./kit/attached-files.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { answering, listenTo, onEachSystemd, onPortable, PortableHost } from "./kit/portable-host.ts";
import { needsLoopDevices, needsTools } from "../kit/requirements.ts";
import { until } from "../kit/until.ts";

const slots = "/var/lib/host-service/portable/minimal/slots";
const nothing = [
  "- absent /etc/systemd/system.attached",
  "- absent /run/systemd/system.attached",
  "- absent /etc/portables",
  "d 755 /run/portables",
];
const loopDevices = "mknod /dev/loop-control c 10 237; for n in $(seq 0 15); do mknod /dev/loop$n b 7 $n; done";
const dropIn = "/run/systemd/system.attached/minimal-test.service.d/20-portable.conf";

for (const { what, format, suffix, root, unless } of [
  { what: "an archive", format: "tar.xz", suffix: "", root: "RootDirectory", unless: [] },
  {
    what: "a squashfs image",
    format: "raw",
    suffix: ".raw",
    root: "RootImage",
    unless: [needsLoopDevices(), needsTools("mksquashfs")],
  },
] as const) {
  const tell = async (host: PortableHost, isNewer: boolean) => {
    const { device } = host;
    if (format === "raw") await device.shell(loopDevices);
    // "trusted" has the host's /run, where 257 makes /run/host/os-release; what systemd-nspawn has put there cannot be written to.
    if (isNewer) await device.shell("umount --recursive --lazy /run/host; rm -f /run/host/os-release");
    const image = await host.image("minimal_1.0", answering("1.0", { exec: "/usr/bin/minimald" }), format);
    const baseName = `minimal_1.0-a${suffix}`;
    const path = `${slots}/a/rootfs/${baseName}`;
    for (const profile of ["default", "nonetwork", "strict", "trusted"]) {
      expect(await host.must("portable", "attach", image, "--name", "minimal", "--profile", profile)).toBe("OK\n");
      expect(await attachedFiles(device)).toEqual(recordedFiles(path, baseName, profile));
      expect(await device.shell(`cat ${dropIn}`)).toBe(recordedDropIn(path, baseName, root, isNewer));
      expect(await device.shell("systemctl is-active minimal-test.service")).toBe("active\n");
      expect((await host.must("portable", "status", "minimal")).split("\n")[0]).toBe("trying");
      expect(await host.must("portable", "detach", "minimal")).toBe("OK\n");
      expect(await attachedFiles(device)).toEqual(nothing);
      expect((await device.run(["systemctl", "is-active", "minimal-test.service"])).stdout).toBe("inactive\n");
      expect(await device.shell("ls -A /var/lib/host-service/portable")).toBe("");
    }
  };
  await onEachSystemd(
    `P8: ${what} is attached with each profile as systemd does it, and detach leaves nothing`,
    tell,
    ...unless,
  );
}

onPortable(
  "an archive of each kind and a squashfs image are attached and answer; P33: starting one changes nothing in its slot",
  async () => {
    await PortableHost.with(async (host) => {
      const { device } = host;
      await device.shell(loopDevices);
      for (const format of ["tar.zst", "tar.gz", "raw"] as const) {
        const image = await host.image("minimal_1.0", answering("1.0"), format);
        expect(await host.must("portable", "attach", image, "--name", "minimal")).toBe("OK\n");
        const baseName = format === "raw" ? "minimal_1.0-a.raw" : "minimal_1.0-a";
        const path = `${slots}/a/rootfs/${baseName}`;
        expect(await attachedFiles(device)).toEqual(recordedFiles(path, baseName, "default"));
        const root = format === "raw" ? "RootImage" : "RootDirectory";
        expect(await device.shell(`cat ${dropIn}`)).toBe(recordedDropIn(path, baseName, root));
        expect(await host.ask()).toBe("1.0");
        await host.must("portable", "detach", "minimal");
        expect(await attachedFiles(device)).toEqual(nothing);
      }
      const digest = `cd ${slots}/a/rootfs && find . -printf "%P %y %m %U %l\\n" | sort && find . -type f | sort | xargs sha256sum`;
      for (const profile of ["default", "nonetwork", "strict", "trusted"]) {
        const image = await host.image("minimal_1.0", { ...answering("1.0"), without: ["var/tmp", "etc/machine-id"] });
        await host.must("portable", "attach", image, "--profile", profile);
        const before = await device.shell(digest);
        await device.shell("systemctl restart minimal-test.service");
        await device.until("the service runs", ["systemctl", "is-active", "minimal-test.service"]);
        expect(await device.shell(digest)).toBe(before);
        expect(before).toContain("etc/machine-id f");
        await host.must("portable", "detach", "minimal");
      }
    });
  },
  needsLoopDevices(),
  needsTools("mksquashfs"),
);

await onEachSystemd(
  "an update of a service that answers on a socket: the gap is short, and what is not committed is gone after a reboot",
  async (host) => {
    const { device } = host;
    await host.must("portable", "attach", await host.image("minimal_1.0", answering("1.0")));
    await host.must("portable", "commit", "minimal");
    const listening = listenTo(() => host.askOnce());
    const began = performance.now();
    await host.must("portable", "attach", await host.image("minimal_1.1", answering("1.1")));
    const took = performance.now() - began;
    const { longestGapMs, answers } = await listening.stop();
    console.log(
      `update 1.0 -> 1.1: longest gap ${longestGapMs.toFixed(0)} ms, the whole attach ${took.toFixed(0)} ms, watched for 1000 ms`,
    );
    expect(answers).toEqual(["1.0", "1.1"]);
    expect(longestGapMs).toBeLessThan(5000);
    await device.reboot();
    await device.until("1.0 runs", ["systemctl", "is-active", "minimal-test.service"]);
    expect(await host.ask()).toBe("1.0");
    const status = JSON.parse(await host.must("portable", "status", "minimal", "--json"));
    expect(status).toMatchObject({
      state: "normal",
      attached: { image: "minimal_1.0-a", slot: "a", profile: "default", units: ["minimal-test.service"] },
      outcome: { result: "rolled-back", version: "1.1", why: "rebooted without commit" },
    });
    const told = await until("the history tells it", async () => {
      const { history } = JSON.parse(await host.must("portable", "history", "minimal", "--json"));
      return history.at(-1).action === "boot" ? history : undefined;
    });
    expect(told.map(({ action, result, code = "" }: Record<string, string>) => `${action} ${result} ${code}`)).toEqual([
      "attach done ",
      "commit done ",
      "attach done ",
      "boot done rolled-back",
    ]);
    // Committed, it stays; also where the power goes.
    await host.must("portable", "attach", await host.image("minimal_1.1", answering("1.1")));
    await host.must("portable", "commit", "minimal", "--expect", "1.1");
    await device.cut();
    await device.boot();
    await device.until("1.1 runs", ["systemctl", "is-active", "minimal-test.service"]);
    expect(await host.ask()).toBe("1.1");
    expect(await host.must("portable", "rollback", "minimal")).toBe("OK\n");
    expect(await host.ask()).toBe("1.0");
  },
);

await onEachSystemd(
  "P18, P32: a version that fails, that ends at once or that is started again and again leaves the one before running",
  async (host) => {
    await host.must("portable", "attach", await host.image("minimal_1.0", answering("1.0")));
    await host.must("portable", "commit", "minimal");
    const bad = {
      "it is failed (result exit-code, status 7)": { exec: "/usr/bin/minimald exit 7" },
      "status 226": { exec: "/usr/bin/minimald", more: "BindReadOnlyPaths=/nowhere:/mnt" },
      "started again meanwhile": { exec: "/usr/bin/minimald exit 1 300", more: "Restart=always\nRestartSec=100ms" },
    };
    for (const [why, changes] of Object.entries(bad)) {
      const image = await host.image("minimal_1.1", answering("1.1", changes));
      const { stdout, exitCode } = await host.hostctl("portable", "attach", image);
      expect([exitCode, stdout]).toEqual([5, expect.stringContaining('Cannot keep "minimal-test.service" running')]);
      if (!why.includes("again")) expect(stdout).toContain(why);
      expect(await host.ask()).toBe("1.0");
      expect((await host.must("portable", "status", "minimal")).split("\n")[0]).toBe("normal");
    }
  },
);

onPortable(
  "P1, P15, P17, P20, P21: what would not run is refused with its file and the fix, and nothing changes",
  async () => {
    await PortableHost.with(async (host) => {
      const { device } = host;
      await host.must("portable", "attach", await host.image("minimal_1.0", answering("1.0")));
      await host.must("portable", "commit", "minimal");
      await device.write("/etc/systemd/system/minimal-host.service", "[Service]\nExecStart=/bin/true\n");
      const before = await device.shell("find /run/systemd/system.attached -type f | sort | xargs sha256sum");
      const { entries } = answering("1.1");
      const unit = "usr/lib/systemd/system/minimal-test.service";
      const cases = {
        "no unit (": { ...entries, [unit]: "" },
        "os-release has no ID=": { ...entries, "usr/lib/os-release": "NAME=x\n" },
        "is not in PORTABLE_PREFIXES=": { ...entries, "usr/lib/os-release": "ID=x\nPORTABLE_PREFIXES=zzz\n" },
        "minimal-host.service is a unit of the host as well": {
          ...entries,
          "usr/lib/systemd/system/minimal-host.service": "[Service]\nExecStart=/usr/bin/minimald\n",
        },
        '"/usr/bin/gone", which is not in the image': { ...entries, [unit]: "[Service]\nExecStart=/usr/bin/gone\n" },
        'is a link to "/etc/shadow"': {
          ...entries,
          "usr/lib/systemd/system/minimal-leak.service": { link: "/etc/shadow" },
        },
      };
      for (const [words, changed] of Object.entries(cases)) {
        const image = await host.image("minimal_1.1", { entries: changed });
        const attached = await host.hostctl("portable", "attach", image);
        expect([attached.exitCode, attached.stdout]).toEqual([5, expect.stringContaining(words)]);
        const inspected = await host.hostctl("portable", "inspect", image);
        expect([inspected.exitCode, inspected.stdout]).toEqual([1, expect.stringContaining(words)]);
        expect(inspected.stdout).not.toContain("root:");
      }
      for (const profile of ["unknown", "../x"]) {
        const image = await host.image("minimal_1.1", answering("1.1"));
        const refused = await host.hostctl("portable", "attach", image, "--profile", profile);
        expect([refused.exitCode, refused.stdout]).toEqual([5, expect.stringContaining("profile")]);
      }
      expect(await device.shell("find /run/systemd/system.attached -type f | sort | xargs sha256sum")).toBe(before);
      expect(await host.ask()).toBe("1.0");
      expect(await device.shell("ls -A /var/lib/host-service/inbox")).toBe("");
      await device.shell("yes | head -c 70000 >/srv/minimal_1.1.raw");
      const withoutLoop = await host.hostctl("portable", "attach", "/srv/minimal_1.1.raw");
      await device.shell(loopDevices);
      const garbage = await host.hostctl("portable", "attach", "/srv/minimal_1.1.raw");
      expect([withoutLoop.exitCode, withoutLoop.stdout]).toEqual([1, expect.stringContaining("modprobe loop")]);
      expect([garbage.exitCode, garbage.stdout]).toEqual([5, expect.stringContaining("Cannot read the image")]);
      const unnamed = await host.hostctl("portable", "attach", "/srv/bad!name_1.raw");
      expect([unnamed.exitCode, unnamed.stdout]).toEqual([2, expect.stringContaining("for a portable service's name")]);
      const none = await host.hostctl("portable", "rollback", "minimal");
      expect([none.exitCode, none.stdout]).toEqual([4, expect.stringContaining("there is no previous image")]);
      const foreign = await host.image("strange_1.0", answering("1.0", { prefix: "strange" }), "tar");
      await device.shell(
        `mkdir -p /srv/strange_9; tar -C /srv/strange_9 -xf ${foreign}; portablectl attach --runtime /srv/strange_9`,
      );
      const strange = await host.hostctl("portable", "attach", foreign);
      expect([strange.exitCode, strange.stdout]).toEqual([
        4,
        expect.stringContaining('"/srv/strange_9" is attached, which is no image of ours'),
      ]);
      await host.must("portable", "attach", await host.image("minimal_1.1", answering("1.1")));
      const second = await host.hostctl("portable", "attach", await host.image("minimal_1.2", answering("1.2")));
      expect([second.exitCode, second.stdout]).toEqual([4, expect.stringContaining("hostctl portable commit")]);
      await host.must("portable", "rollback", "minimal");
      const unknown = await host.hostctl("portable", "status", "nobody");
      expect([unknown.exitCode, unknown.stdout]).toEqual([
        1,
        expect.stringContaining("Cannot find the portable service"),
      ]);
    });
  },
  needsLoopDevices(),
);

onPortable(
  "P30: portabled hanging or gone, and a bus that is killed, end a call with an error; the daemon is well and the next call works",
  async () => {
    await PortableHost.with(async (host) => {
      const { device } = host;
      const image = await host.image("minimal_1.0", answering("1.0"));
      await device.shell("systemctl mask --runtime --quiet systemd-portabled; systemctl daemon-reload");
      const masked = await host.hostctl("portable", "attach", image);
      expect([masked.exitCode, masked.stdout]).toEqual([1, expect.stringContaining("is masked")]);
      await device.shell(
        "systemctl unmask --runtime --quiet systemd-portabled; systemctl daemon-reload; portablectl list",
      );
      await device.shell("kill -STOP $(pidof systemd-portabled)");
      const began = performance.now();
      const hanging = host.hostctl("portable", "attach", image);
      expect(await host.must("ping")).toBe("OK\n");
      const { stdout, exitCode } = await hanging;
      expect([exitCode, stdout]).toEqual([1, expect.stringContaining("no answer within 15 s")]);
      expect(performance.now() - began).toBeLessThan(25_000);
      const monitor = device.shell("busctl monitor org.freedesktop.portable1 >/tmp/asked 2>&1 || true");
      await device.until("the bus is watched", ["grep", "--quiet", "Monitoring", "/tmp/asked"]);
      const lost = host.hostctl("portable", "attach", image);
      await device.until("portabled is asked", ["grep", "--quiet", "Member=Get", "/tmp/asked"]);
      await device.shell("kill -KILL $(pidof dbus-daemon)");
      const { stdout: words, exitCode: status } = await lost;
      expect([status, words]).toEqual([1, expect.stringContaining("the connection to the bus")]);
      await monitor;
      expect(await host.must("ping")).toBe("OK\n");
      await device.shell("kill -KILL $(pidof systemd-portabled) || true");
      await device.until("the next call works", ["hostctl", "portable", "attach", image]);
      expect(await host.ask()).toBe("1.0");
    });
  },
);

onPortable("P24: where the state directory is reached by a link, systemd is given the real path", async () => {
  const wishes = {
    configuration: 'state_dir = "/srv/state"\n',
    prepare: (device: SystemdDevice) => symlink("/var/lib/host-service", device.path("/srv/state")),
  };
  await PortableHost.with(async (host) => {
    await host.must("portable", "attach", await host.image("minimal_1.0", answering("1.0")));
    const path = `${slots}/a/rootfs/minimal_1.0-a`;
    expect(await host.device.shell(`cat ${dropIn}`)).toBe(recordedDropIn(path, "minimal_1.0-a", "RootDirectory"));
    expect(await host.ask()).toBe("1.0");
  }, wishes);
});
