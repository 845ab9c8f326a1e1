// The Debian package on a fresh Debian 12 that runs.
import { expect } from "bun:test";
import { debianPackage } from "./kit/software.ts";
import { onPlainDevice, onSystemd } from "./kit/story.ts";

const ours =
  "find / -xdev ! -path '/proc/*' ! -path '/sys/*' '(' -name '*host-service*' -o -name '*hostctl*' ')' 2>/dev/null || true";

onSystemd("the package installs, starts, passes the doctor, and goes without leftovers", async () => {
  await onPlainDevice(async (device) => {
    const before = await device.shell(ours);
    await device.put(await debianPackage(), "/root/package.deb");
    await device.must(["dpkg", "--install", "/root/package.deb"]);
    expect(await device.must(["hostctl", "ping"])).toBe("OK\n");
    const units = "host-service host-service-boot host-service-containers".split(" ").map((name) => `${name}.service`);
    expect(await device.must(["systemctl", "is-active", "host-service.target", ...units])).toBe("active\n".repeat(4));
    expect(await device.must(["systemctl", "is-system-running"])).toBe("running\n");
    await device.reboot();
    expect(await device.must(["hostctl", "ping"])).toBe("OK\n");
    expect(await device.must(["hostctl", "doctor"])).not.toContain("Cannot");
    await device.must(["dpkg", "--purge", "host-service"]);
    expect(await device.shell(ours)).toBe(before);
    expect(await device.must(["systemctl", "is-system-running"])).toBe("running\n");
    await device.reboot();
    expect(await device.must(["systemctl", "is-system-running"])).toBe("running\n");
  });
});
