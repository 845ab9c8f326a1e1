// The guest API in containers that really run: the sockets are there, the container's root is answered and nobody else, and Ready ends a trial.
import { expect } from "bun:test";
import { lxcUnprivileged, nspawnPrivate, granting, wishing } from "./kit/flavours.ts";
import { hostctl, install, runs, seed, succeeded } from "./kit/edge.ts";
import { debianImage } from "./kit/images.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

/** Perl is in every Debian. */
const client = (socket: string, request: string) =>
  `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => "${socket}") or die "connect: $!"; print $s "${request}"; $s->flush; local $/; print <$s>;`;
const get = (target: string) => String.raw`GET ${target} HTTP/1.0\r\n\r\n`;
const ready = String.raw`PATCH /1.0 HTTP/1.0\r\nContent-Length: 17\r\n\r\n{\"state\":\"Ready\"}`;

async function ask(device: SystemdDevice, flavour: "incus" | "lxd", request: string): Promise<string> {
  const answer = await device.mustInside("edge", ["/usr/bin/perl", "-e", client(`/dev/${flavour}/sock`, request)]);
  return `${answer.split(" ")[1]} ${answer.slice(answer.indexOf("\r\n\r\n") + 4)}`;
}

for (const flavour of [nspawnPrivate, lxcUnprivileged]) {
  onSystemd(
    `${flavour.name}: the guest API answers the container's root, follows its switch, and Ready ends a trial`,
    async () => {
      const config = { "user.mode": "slow", "security.guestapi": "false" };
      const first = await debianImage("1.0.0", wishing(flavour, config));
      await onDevice({ configuration: granting(flavour), prepare: (device) => seed(device, first) }, async (device) => {
        await runs(device, "1.0.0");
        // Off at the start, on while it runs.
        await succeeded(hostctl(device, "container", "config", "set", "security.guestapi", "true"));
        for (const name of ["incus", "lxd"] as const) {
          expect(await ask(device, name, get("/1.0/config/user.mode"))).toBe("200 slow");
        }
        await succeeded(hostctl(device, "container", "config", "set", "user.mode", "fast"));
        expect(await ask(device, "lxd", get("/1.0/config/user.mode"))).toBe("200 fast");
        // Root on the host, at the host's end of the socket.
        const outside = client("/run/host-service.d/edge/incus/sock", get("/1.0"));
        expect(await succeeded(device.run(["perl", "-e", outside]))).toContain("pid not in container?");
        // What its runtime does counts from the next start.
        const changed = await device.run(["hostctl", "container", "config", "set", "limits.memory", "123MiB"]);
        expect(changed).toMatchObject({ exitCode: 0, stdout: "OK\n" });
        expect(changed.stderr).toContain(
          `"limits.memory" counts from the next start of "edge"; hostctl container restart`,
        );
        await succeeded(hostctl(device, "container", "config", "set", "environment.MODE", "live"));
        const refused = await device.run(["hostctl", "container", "config", "set", "security.privileged", "true"]);
        expect(refused).toMatchObject({ exitCode: 2 });
        await succeeded(hostctl(device, "container", "restart"));
        await runs(device, "1.0.0");
        const unit = "host-service-container@edge.service";
        expect(await succeeded(device.run(["systemctl", "show", "--property=MemoryMax", unit]))).toContain(
          `=${123 * 2 ** 20}`,
        );
        const environment = ["/usr/bin/perl", "-e", 'open F, "</proc/1/environ"; local $/; print <F>'];
        expect(await device.mustInside("edge", environment)).toContain("MODE=live");
        const trial = { commit: "ready", timeout: "10m" } as const;
        await install(device, await debianImage("1.1.0", { ...wishing(flavour, config), trial }));
        await device.reboot();
        await runs(device, "1.1.0");
        expect(await ask(device, "incus", ready)).toStartWith("200 ");
        await device.until("it is committed", ["hostctl", "container", "status"], ({ stdout }) =>
          stdout.startsWith("normal\n"),
        );
        expect(await succeeded(hostctl(device, "container", "status"))).toContain("says that it is ready");
        await succeeded(hostctl(device, "container", "restart"));
        await runs(device, "1.1.0");
        expect(await ask(device, "incus", get("/1.0"))).toContain('"state":"Started"');
      });
    },
  );
}
