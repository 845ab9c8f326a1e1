// What hostctl says where a portable service cannot be changed: each error of systemd that its commands can provoke, and each mistake of a person.
// golden/portable-*.txt is for a person to judge.
//
// Of the errors of the specification's table these cannot be provoked by any command, as host-service never makes the call: bad flags and copy
// modes, relative paths, GetImage with a path, RemoveImage of what is attached, and limits and the read-only mark (SetImageLimit, MarkImageReadOnly).
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "bun:test";
import { elfProgram } from "@host-service/fixtures";
import type { PortableEntry, PortableRecipe } from "@host-service/fixtures";
import { Transcript } from "../kit/golden.ts";
import { needsLoopDevices, needsTools } from "../kit/requirements.ts";
import { vectors } from "../kit/signed-image.ts";
import { attachedFiles } from "./kit/attached-files.ts";
import { answering, onPortable, PortableHost } from "./kit/portable-host.ts";

const unit = "usr/lib/systemd/system/minimal-test.service";
const loopDevices = "mknod /dev/loop-control c 10 237; for n in $(seq 0 15); do mknod /dev/loop$n b 7 $n; done";

function changed(entries: PortableRecipe["entries"], more: Partial<PortableRecipe> = {}): PortableRecipe {
  return { ...more, entries: { ...answering("1.1").entries, ...entries } };
}

function program(entry: PortableEntry): PortableRecipe {
  return changed({ "usr/bin/minimald": entry }, { without: ["usr/bin/minimald"] });
}

const inImages: Readonly<Record<string, PortableRecipe>> = {
  "no os-release": { entries: { [unit]: "[Service]\nExecStart=/usr/bin/minimald\n" } },
  "no ID": changed({ "usr/lib/os-release": "NAME=x\n" }),
  "no unit of the prefix": changed({ [unit]: "" }),
  "a prefix that the image does not allow": changed({ "usr/lib/os-release": "ID=x\nPORTABLE_PREFIXES=other\n" }),
  "a unit that leads out of the image": changed({
    "usr/lib/systemd/system/minimal-a.service": { link: "/etc/shadow" },
  }),
  "nothing that is mounted over": changed(
    { "etc/resolv.conf": { link: "/gone" }, "etc/machine-id": { directory: true }, proc: "a file" },
    { without: ["proc", "etc/machine-id", "etc/resolv.conf"] },
  ),
  "no program": changed({}, { without: ["usr/bin/minimald"] }),
  "a script without its shell": changed({ "usr/bin/minimald": "#!/bin/sh\n" }, { without: ["usr/bin/minimald"] }),
  "a program of another machine": program(elfProgram({ machine: 8 })),
  "a program without its loader": program(elfProgram({ loader: "/lib64/ld.so" })),
  "a program that cannot be executed": changed({
    [unit]: "[Service]\nExecStart=/opt/minimald\n",
    "opt/minimald": "x",
  }),
  "a unit that is a relative link out of the image": changed({
    "usr/lib/systemd/system/minimal-a.service": { link: "../../../../../../etc/passwd" },
  }),
  "no unit at all": { entries: { "usr/lib/os-release": "ID=x\n" } },
  "a template and its instance": changed({
    "usr/lib/systemd/system/minimal@.service": "[Service]\nExecStart=/usr/bin/minimald\n",
    "usr/lib/systemd/system/minimal@one.service": "[Service]\nExecStart=/usr/bin/minimald\n",
  }),
};

onPortable(
  "P20, P35: every image that systemd or our checks refuse is answered as golden/portable-images.txt says",
  async () => {
    await PortableHost.with(async (host) => {
      const { device } = host;
      const told = new Transcript(host);
      for (const [what, recipe] of Object.entries(inImages)) {
        told.heading(what);
        const image = await host.image("minimal_1.1", recipe);
        await host.type(told, ["inspect", image]);
        if (!what.includes("template")) await host.type(told, ["attach", image]);
      }
      told.heading("a raw image on a host without loop devices, one that is none, and what systemd says of others");
      await device.shell("yes | head -c 70000 >/srv/minimal_9.raw");
      await host.type(told, ["attach", "/srv/minimal_9.raw"]);
      await device.shell(loopDevices);
      await host.type(told, ["attach", "/srv/minimal_9.raw"]);
      for (const what of ["no os-release", "no ID", "no unit of the prefix"] as const) {
        const image = await host.image("minimal_1.1", inImages[what] ?? { entries: {} }, "raw");
        await host.type(told, ["attach", image]);
      }
      await host.type(told, ["inspect", await host.image("minimal_1.1", answering("1.1"), "raw")]);
      await told.compare("portable-images");
      expect(await device.shell("ls -A /var/lib/host-service/portable /var/lib/host-service/inbox")).not.toContain(
        "minimal",
      );
    });
  },
  needsLoopDevices(),
  needsTools("mksquashfs"),
);

onPortable(
  "every mistake of a person, and every state that refuses, is answered as golden/portable-errors.txt says",
  async () => {
    await PortableHost.with(async (host) => {
      const { device } = host;
      const told = new Transcript(host);
      const image = await host.image("minimal_1.0", answering("1.0"));
      told.heading("Nothing is attached");
      await host.type(told, ["list"]);
      for (const verb of ["status", "commit", "rollback", "detach", "history"])
        await host.type(told, [verb, "minimal"]);
      told.heading("What is typed makes no sense");
      await host.type(told, []);
      await host.type(told, ["attach"]);
      await host.type(told, ["attach", image, "another"]);
      await host.type(told, ["enable", "minimal"]);
      await host.type(told, ["attach", image, "--persistent"]);
      await host.type(told, ["attach", image, "--name", "a_b"]);
      await host.type(told, ["attach", image, "--prefix", "-"]);
      await host.type(told, ["attach", image, "--profile", "unknown"]);
      await host.type(told, ["attach", image, "--profile", ""]);
      await host.type(told, ["attach", image, "--profile", "../x", "--json"]);
      await host.type(told, ["status", "9lives"]);
      told.heading("There is no file to attach");
      await host.type(told, ["attach", "/srv/none_1.tar.xz"]);
      await host.type(told, ["attach", "/srv"]);
      await device.shell("mkfifo /srv/fifo_1; : >/srv/empty_1.tar; echo text >/srv/text_1.tar");
      await host.type(told, ["attach", "/srv/fifo_1"]);
      await host.type(told, ["attach", "/srv/empty_1.tar"]);
      await device.shell(loopDevices);
      await host.type(told, ["attach", "/srv/text_1.tar"]);
      await host.type(told, ["attach", "-"]);
      await host.type(told, ["attach", "-", "--name", "minimal"], '"$@" </dev/null');
      await host.type(told, ["attach", "-", "--name", "minimal"], `head -c 300 ${image} | "$@"`);
      told.heading("By each way, and with a word that is none");
      for (const way of ["fd", "path", "stream", "pigeon"])
        await host.type(told, ["inspect", image, "--transfer", way]);
      told.heading("Who may");
      await host.type(told, ["list"], 'setpriv --reuid=65534 --regid=65534 --clear-groups "$@"');
      told.heading("A unit of the host has the name");
      await device.write("/etc/systemd/system/minimal-test.service", "[Service]\nExecStart=/bin/true\n");
      await host.type(told, ["attach", image]);
      await device.shell("rm /etc/systemd/system/minimal-test.service");
      told.heading("There is no room");
      await device.shell(
        "mkdir -p /var/lib/host-service/portable; mount -t tmpfs -o size=64k tmpfs /var/lib/host-service/portable",
      );
      await host.type(told, ["attach", image]);
      expect(await device.shell("ls -A /var/lib/host-service/portable; umount /var/lib/host-service/portable")).toBe(
        "",
      );
      told.heading("On trial");
      await host.type(told, ["attach", "-", "--name", "minimal"], `cat ${image} | "$@"`);
      await host.type(told, ["attach", image]);
      await host.type(told, ["commit", "minimal", "--expect", "9"]);
      await host.type(told, ["status", "minimal"]);
      await host.type(told, ["commit", "minimal"]);
      await host.type(told, ["commit", "minimal"]);
      await host.type(told, ["rollback", "minimal"]);
      await host.type(told, ["list"]);
      told.heading("A version that fails");
      const bad = await host.image("minimal_1.1", answering("1.1", { exec: "/usr/bin/minimald exit 7" }));
      await host.type(told, ["attach", bad]);
      await host.type(told, ["attach", bad, "--json"]);
      await host.type(told, ["status", "minimal"]);
      told.heading("A name that systemd would take for another one");
      await host.type(told, ["attach", image, "--name", "minimalfoo", "--prefix", "minimal"]);
      told.heading("Attached by somebody else");
      const foreign = await host.image("strange_1.0", answering("1.0", { prefix: "strange" }), "tar");
      await device.shell(
        `mkdir -p /srv/strange_9; tar -C /srv/strange_9 -xf ${foreign}; portablectl attach --runtime /srv/strange_9`,
      );
      await host.type(told, ["attach", foreign]);
      await host.type(told, ["detach", "strange"]);
      told.heading("systemd-portabled cannot be reached");
      await device.shell(
        "systemctl stop systemd-portabled; systemctl mask --runtime --quiet systemd-portabled; systemctl daemon-reload",
      );
      await host.type(told, ["inspect", image]);
      await host.type(told, ["status", "minimal"]);
      await told.compare("portable-errors");
    });
  },
);

onPortable(
  "an image is asked for its signature as any other, and what is refused leaves nothing: golden/portable-signature.txt",
  async () => {
    const wishes = {
      configuration: '[verify.container]\nkeys = ["/etc/host-service/keys/plain.pub"]\n',
      prepare: async (device: PortableHost["device"]) => {
        await device.write("/etc/host-service/keys/.keep", "");
        await cp(join(vectors, "plain.pub"), device.path("/etc/host-service/keys/plain.pub"));
      },
    };
    await PortableHost.with(async (host) => {
      const { device } = host;
      const told = new Transcript(host);
      const sign = (key: string) =>
        `rm -f ${image}.minisig; hostctl image sign ${image} --detached --secret-key ${key}`;
      const image = await host.image("minimal_1.0", answering("1.0"));
      await device.put(join(vectors, "plain.key"), "/srv/plain.key");
      told.heading("unsigned");
      await host.type(told, ["inspect", image]);
      await host.type(told, ["attach", image]);
      await host.type(told, ["attach", "-", "--name", "minimal"], `cat ${image} | "$@"`);
      told.heading("signed, and then changed");
      await device.shell(`${sign("/srv/plain.key")}; cp ${image} /srv/whole; printf x >>${image}`);
      await host.type(told, ["attach", image]);
      told.heading("a signature that is none");
      await device.shell(`mv /srv/whole ${image}; echo nothing >/srv/none.minisig`);
      await host.type(told, ["attach", image, "--signature", "/srv/none.minisig"]);
      await host.type(told, ["attach", image, "--signature", "/srv/missing.minisig"]);
      expect(await attachedFiles(device)).toEqual([
        "- absent /etc/systemd/system.attached",
        "- absent /run/systemd/system.attached",
        "- absent /etc/portables",
        "- absent /run/portables",
      ]);
      expect(
        await device.shell(
          "ls -A /var/lib/host-service/portable 2>/dev/null || true; ls -A /var/lib/host-service/inbox",
        ),
      ).toBe("");
      told.heading("signed");
      await host.type(told, ["attach", image]);
      await host.type(told, ["history", "minimal", "--json"]);
      expect(await host.ask()).toBe("1.0");
      told.heading("signed by another key: the service stays as it is");
      await device.shell(`sed -i s/plain.pub/other.pub/ /etc/host-service/config.toml`);
      await cp(join(vectors, "other.pub"), device.path("/etc/host-service/keys/other.pub"));
      await device.shell("systemctl restart host-service.service");
      await host.must("portable", "commit", "minimal");
      await host.type(told, ["attach", image]);
      expect(await host.ask()).toBe("1.0");
      await told.compare("portable-signature");
    }, wishes);
  },
);
