// Disks and device nodes that come and go while a container runs, with the runtimes of Debian; the guest is told as by Incus.
import { expect } from "bun:test";
import { edgeUnit, hostctl, runs, seed, succeeded } from "./kit/edge.ts";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { debianImage } from "./kit/images.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const configuration = `disk_sources = ["/srv/data"]\ndevices = ["/dev/loop-control", "/dev/zero"]\n`;
const follow =
  'use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => "/dev/incus/sock") or die; print $s "GET /1.0/events?type=device HTTP/1.0\\r\\n\\r\\n"; $s->flush; open O, ">/events" or die; O->autoflush(1); while (<$s>) { print O $_ }';

for (const flavour of flavours) {
  onSystemd(`${flavour.name}: a disk and a device node come and go while the container runs`, async () => {
    const image = await debianImage("1.0.0", wishing(flavour));
    const prepare = async (device: Parameters<typeof seed>[0]) => {
      await device.write("/srv/data/file", "from the host");
      await device.chroot(["chmod", "-R", "0777", "/srv/data"]);
      await seed(device, image);
    };
    await onDevice({ configuration: `${granting(flavour)}${configuration}`, prepare }, async (device) => {
      await runs(device, "1.0.0");
      const inside = (script: string) => device.inside("edge", ["/bin/sh", "-c", script]);
      const change = (...words: string[]) => hostctl(device, "container", "device", ...words);
      await inside(`perl -MIO::Handle -e '${follow}' >/dev/null 2>&1 </dev/null & sleep 0.3`);
      const init = await device.leaderOf("edge");

      await succeeded(change("add", "data", "type=disk", "source=/srv/data", "path=/mnt/data"));
      expect(await succeeded(inside("cat /mnt/data/file"))).toBe("from the host");
      await succeeded(inside("echo inside > /mnt/data/written"));
      expect(await succeeded(device.run(["cat", "/srv/data/written"]))).toBe("inside\n");
      await succeeded(change("add", "kept", "type=disk", "source=volume:kept", "path=/kept"));
      await succeeded(inside("echo kept > /kept/file"));

      // The device of a test has no udev.
      await succeeded(device.run(["mknod", "/dev/loop-control", "c", "10", "237"]));
      const node = ["add", "node", "type=unix-char", "source=/dev/loop-control", "path=/dev/mine"];
      await succeeded(change(...node, "mode=0600"));
      expect(await succeeded(inside("stat -c %a:%u:%t:%T /dev/mine"))).toBe("600:0:a:ed\n");
      expect((await inside("exec 3<>/dev/mine")).exitCode).toBe(0);

      const readOnly = await change("add", "ro", "type=disk", "source=/srv/data", "path=/mnt/ro", "readonly=true");
      if (flavour.isPrivileged) {
        expect((await inside("touch /mnt/ro/no")).exitCode).not.toBe(0);
        await succeeded(change("remove", "ro"));
      } else {
        expect(readOnly.exitCode).not.toBe(0);
        expect(readOnly.stdout).toContain(
          "could make writable what it is given read-only while it runs; stop the container first",
        );
      }
      const forbidden = await change("add", "all", "type=disk", "source=/opt", "path=/mnt/opt");
      expect(forbidden).toMatchObject({ exitCode: 8 });
      expect(forbidden.stdout).toContain(`disk_sources = ["/srv/data", "/opt"]`);
      await succeeded(inside("ln -s / /link"));
      const linked = await change("add", "link", "type=disk", "source=/srv/data", "path=/link/srv");
      expect(linked.stdout).toContain("a symbolic link is on the way");

      await succeeded(change("remove", "data"));
      expect(await succeeded(inside("ls /mnt/data"))).toBe("");
      await succeeded(change("remove", "node"));
      expect((await inside("ls /dev/mine")).exitCode).not.toBe(0);
      const allowed = await succeeded(device.run(["systemctl", "show", "--property=DeviceAllow", edgeUnit]));
      expect(allowed).not.toContain("loop-control");
      expect(await device.leaderOf("edge")).toBe(init);
      const events = (await succeeded(inside('grep -o \'"action":"[a-z]*",.*"name":"[a-z]*"\' /events'))).split("\n");
      const told = events.map((line) => `${/:"([a-z]*)"/u.exec(line)?.[1]} ${/"name":"([a-z]*)"/u.exec(line)?.[1]}`);
      const ro = flavour.isPrivileged ? ["added ro", "removed ro"] : [];
      expect(told.slice(0, -1)).toEqual([
        "added data",
        "added kept",
        "added node",
        ...ro,
        "removed data",
        "removed node",
      ]);

      // What was added stays after the next start.
      await succeeded(hostctl(device, "container", "restart"));
      await runs(device, "1.0.0");
      expect(await succeeded(inside("cat /kept/file"))).toBe("kept\n");
    });
  });
}
