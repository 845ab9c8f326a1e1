// The units of the package and the doctor, on a device whose image was built with the package in it.
import { expect } from "bun:test";
import type { SystemdDevice } from "./kit/device.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const library = "/usr/lib/host-service/container/lib";

interface Report {
  ok: boolean;
  findings: { check: string; status: string; message: string; next?: string }[];
}

async function doctor(device: SystemdDevice): Promise<Report & { exitCode: number }> {
  const { stdout, exitCode } = await device.run(["hostctl", "doctor", "--json"]);
  return { ...(JSON.parse(stdout) as Report), exitCode };
}

onSystemd("the doctor finds nothing on a fresh host, and what is broken then, with and without the daemon", () =>
  onDevice({}, async (device) => {
    const fresh = await doctor(device);
    expect(fresh.findings.filter(({ status }) => status === "problem")).toEqual([]);
    expect([fresh.ok, fresh.exitCode]).toEqual([true, 0]);
    // These two are what the machine of the tests gives to a device in namespaces.
    const given = new Set(["control groups", "open files"]);
    const warnings = fresh.findings.filter(({ status, check }) => status === "warning" && !given.has(check));
    expect(warnings.map(({ check }) => check)).toEqual(["keys for containers"]);

    await device.shell(`systemctl disable host-service-boot.service; echo old >${library}/libc.so.6`);
    const broken = await doctor(device);
    expect([broken.ok, broken.exitCode]).toEqual([false, 1]);
    const found = (report: Report, check: string) => report.findings.find((finding) => finding.check === check);
    expect(found(broken, "unit host-service-boot.service")).toMatchObject({ status: "problem" });
    expect(found(broken, "hostctl in containers")).toMatchObject({ next: "run host-service container-files" });

    await device.shell("systemctl enable host-service-boot.service; host-service container-files");
    await device.shell("systemctl stop host-service.service; echo 'powr = 1' >/etc/host-service/config.toml");
    const dead = await doctor(device);
    expect(dead.findings.slice(0, 2).map(({ check, status }) => [check, status])).toEqual([
      ["host-service", "problem"],
      ["configuration", "problem"],
    ]);
    expect(found(dead, "unit host-service.service")).toMatchObject({
      status: "warning",
      next: "run systemctl start host-service.service",
    });
    expect(dead.exitCode).toBe(1);
  }),
);

onSystemd("a daemon that hangs is ended by the watchdog and started again", () =>
  onDevice({}, async (device) => {
    const main = await device.property("host-service.service", "MainPID");
    expect(await device.property("host-service.service", "WatchdogUSec")).toBe("1min");
    // The time of the package would be a minute of waiting.
    await device.write(
      "/etc/systemd/system/host-service.service.d/soon.conf",
      "[Service]\nWatchdogSec=2s\nRestartSec=0\n",
    );
    await device.shell("systemctl daemon-reload && systemctl restart host-service.service");
    const hanging = await device.property("host-service.service", "MainPID");
    expect(hanging).not.toBe(main);
    await device.must(["kill", "-STOP", hanging]);
    await device.until("another daemon answers", ["hostctl", "ping"]);
    const restarts = ["systemctl", "show", "--value", "--property=NRestarts", "host-service.service"];
    await device.until("systemd has started it again", restarts, ({ stdout }) => stdout === "1\n");
    expect(await device.journal("--unit=host-service.service")).toContain("Watchdog timeout");
    await device.until("another daemon answers", ["hostctl", "ping"]);
  }),
);

onSystemd("a boot is a good one to what counts boots where the hook and the daemon are well, and no other", () =>
  onDevice({}, async (device) => {
    const complete = ["systemctl", "start", "boot-complete.target"];
    await device.must(complete);
    await device.reboot();
    await device.must(complete);
    await device.shell("echo 'powr = 1' >/etc/host-service/config.toml");
    await device.reboot();
    const { exitCode, stderr } = await device.run(complete);
    expect([exitCode, stderr.includes("dependency")]).toEqual([1, true]);
    // Whatever became of the hook, the host came up.
    expect(await device.shell("systemctl is-active multi-user.target")).toBe("active\n");
    expect((await device.run(["systemctl", "is-active", "boot-complete.target"])).stdout).toBe("inactive\n");
  }),
);
