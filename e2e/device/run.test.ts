// What the unit of a container does where the image, or its root, means no good.
import { expect } from "bun:test";
import type { SystemdDevice } from "./kit/device.ts";
import { edgeUnit, runs, seed } from "./kit/edge.ts";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { debianImage } from "./kit/images.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

/** Both runtimes start a command; systemd-nspawn would look for systemd before it takes /sbin/init. */
const dying = {
  files: { "etc/dies": "echo this image ends at once\nexit 7\n" },
  entry: { "oci.entrypoint": "/bin/sh /etc/dies" },
};
const endings = "/run/host-service.d/.current/.edge.endings";
const isEnded = (device: SystemdDevice, count: number) =>
  device.until(
    `the container ended ${count} times`,
    ["/bin/sh", "-c", `test $(grep -c . ${endings}) -ge ${count}`],
    undefined,
    60_000,
  );

for (const flavour of flavours.filter(({ isPrivileged }) => !isPrivileged)) {
  onSystemd(
    `${flavour.name}: an image that ends at once is started again, and all it said is in the journal`,
    async () => {
      const image = await debianImage("1.0.0", { ...wishing(flavour, dying.entry), files: dying.files });
      const prepare = (device: SystemdDevice) => seed(device, image);
      await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
        await isEnded(device, 3);
        const said = (await device.journal(`--unit=${edgeUnit}`)).match(/this image ends at once/g) ?? [];
        expect(said.length).toBeGreaterThanOrEqual(3);
        const noted = await device.shell(`head -n 1 ${endings}`);
        expect(JSON.parse(noted)).toMatchObject({ result: "exit-code", code: "exited", status: "7" });
        // The host has nothing of it mounted.
        expect(await device.shell("grep -c host-service.d /proc/self/mountinfo || true")).toBe("0\n");
      });
    },
  );

  onSystemd(`${flavour.name}: boot.autorestart "false" leaves a container ended that ended by itself`, async () => {
    const image = await debianImage("1.0.0", {
      ...wishing(flavour, { ...dying.entry, "boot.autorestart": "false" }),
      files: dying.files,
    });
    const prepare = (device: SystemdDevice) => seed(device, image);
    await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
      await isEnded(device, 1);
      const command = ["systemctl", "show", "--property=ActiveState,Job", edgeUnit];
      await device.until("the unit has nothing more to do", command, ({ stdout }) =>
        /^ActiveState=(inactive|failed)$/m.test(stdout),
      );
      expect(await device.shell(`grep -c . ${endings}`)).toBe("1\n");
    });
  });
}

for (const flavour of flavours.filter(({ isPrivileged }) => isPrivileged)) {
  onSystemd(`${flavour.name}: what its root puts into /host is never followed`, async () => {
    const image = await debianImage("1.0.0", wishing(flavour));
    const prepare = (device: SystemdDevice) => seed(device, image);
    await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
      await runs(device, "1.0.0");
      const tricks = `
        umount -l /host/hostctl; umount -l /host/lib; rm -rf /host/hostctl /host/lib /host/incus /host/lxd
        ln -s /usr/bin/env /host/hostctl; ln -s /etc /host/lib; ln -s /var/lib/host-service /host/incus; mkfifo /host/lxd`;
      await device.inside("edge", ["/bin/sh", "-c", tricks]);
      const before = await device.shell("ls -lA /etc /var/lib/host-service /usr/bin/env | sha256sum");
      await device.must(["systemctl", "restart", edgeUnit]);
      await runs(device, "1.0.0");
      expect(await device.shell("ls -lA /etc /var/lib/host-service /usr/bin/env | sha256sum")).toBe(before);
      const script = "cd /run/host-service.d/edge && stat -c '%n %F %a %u' hostctl incus lib lxd";
      expect(await device.shell(script)).toBe(
        "hostctl regular empty file 644 0\nincus directory 755 0\nlib directory 755 0\nlxd directory 755 0\n",
      );
      expect(
        await device.mustInside("edge", ["/bin/sh", "-c", "ls -A /dev/incus /dev/lxd | grep -c containers || true"]),
      ).toBe("0\n");
    });
  });
}

onSystemd(
  "a container whose grant was taken back is not started, and its journal names the key and the line",
  async () => {
    const [flavour] = flavours.filter(({ isPrivileged }) => isPrivileged);
    if (flavour === undefined) throw new Error("there is no privileged flavour");
    const image = await debianImage("1.0.0", wishing(flavour));
    const prepare = (device: SystemdDevice) => seed(device, image);
    await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
      await runs(device, "1.0.0");
      const configuration = granting({ ...flavour, isPrivileged: false });
      await device.shell(`cat > /etc/host-service/config.toml <<'EOF'\n${configuration}EOF`);
      expect((await device.run(["systemctl", "restart", edgeUnit])).exitCode).not.toBe(0);
      const said = await device.journal(`--unit=${edgeUnit}`);
      expect(said).toMatch(/Cannot start the container: config.yaml asks for "security.privileged".*privileged = true/);
      expect(await device.leaderOf("edge")).toBeUndefined();
    });
  },
);
