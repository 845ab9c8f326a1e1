// Images, and volumes, with links where something is mounted: nothing of the host is written or shown by following one, in whatever way
// the container runs, and whether it starts or not.
import { expect } from "bun:test";
import type { SystemdDevice } from "./kit/device.ts";
import type { Answer } from "../kit/run.ts";
import { install, seed } from "./kit/edge.ts";
import { flavours, granting, nspawnPrivate, wishing } from "./kit/flavours.ts";
import type { Flavour } from "./kit/flavours.ts";
import type { ContainerImage, ImageWishes } from "./kit/images.ts";
import { busyboxImage } from "./kit/images.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

/** On the host; everybody may write there, so that also who is nobody would leave a trace. */
const canary = "/srv/canary";
const dotted = `${"../".repeat(12)}srv/canary`;

/** Looks at each place for what only the host has, and leaves something there. */
const main = `trap 'exit 0' TERM
for place in /host /dev /proc /sys /run /tmp /mnt /data /data/inner /var /var/lib /var/lib/data /etc; do
  if [ -e $place/secret ]; then cat $place/secret; fi
  echo written 2>/dev/null >$place/written
done
echo "the image is up"
while :; do sleep 1000 & wait; done
`;

const volume = (name: string, path: string) => ({ type: "disk", source: `volume:${name}`, path });

interface Trick {
  links?: Record<string, string>;
  devices?: NonNullable<ImageWishes["devices"]>;
  /** Planted where the container keeps its volumes, and not in its root: an earlier start can have left it there. */
  inVolume?: string;
  /** Where a link is in the way, which is refused; otherwise the runtime sees to it. */
  refusedAt?: string;
}

const data = { data: volume("data", "/var/lib/data") };
const outerAndInner = { outer: volume("outer", "/data"), inner: volume("inner", "/data/inner") };
const deepInner = { outer: volume("outer", "/data"), inner: volume("inner", "/data/inner/deep") };

const hostNetwork = { net: { type: "nic", nictype: "host" } };

const tricks: Record<string, Trick> = {
  // All of this starts where there is no link.
  none: { devices: { ...data, ...outerAndInner, run: volume("run", "/run/it") } },
  host: { links: { host: canary }, refusedAt: "/host" },
  "host-dotted": { links: { host: dotted }, refusedAt: "/host" },
  "host-new": { links: { host: `${canary}/made` }, refusedAt: "/host" },
  dev: { links: { dev: canary }, refusedAt: "/dev" },
  "dev-new": { links: { dev: `${canary}/made/dev` }, refusedAt: "/dev" },
  proc: { links: { proc: canary }, refusedAt: "/proc" },
  sys: { links: { sys: canary }, refusedAt: "/sys" },
  run: { links: { run: canary }, refusedAt: "/run" },
  "run-dotted": { links: { run: dotted }, refusedAt: "/run" },
  "run-new": { links: { run: `${canary}/made/run` }, refusedAt: "/run" },
  tmp: { links: { tmp: canary } },
  volume: { links: { "var/lib/data": canary }, devices: data, refusedAt: "/var/lib/data" },
  "volume-way": { links: { var: canary }, devices: data, refusedAt: "/var" },
  "volume-in-volume": {
    links: { inner: `${canary}/made/inner` },
    inVolume: "outer",
    devices: outerAndInner,
    refusedAt: "/data/inner",
  },
  "volume-in-volume-way": { links: { inner: dotted }, inVolume: "outer", devices: deepInner, refusedAt: "/data/inner" },
  // What a runtime copies of the host into a container; with the host's network systemd-nspawn gives it the host's name servers.
  "resolver-host": { links: { "etc/resolv.conf": `${canary}/resolv.conf` }, devices: hostNetwork },
  "resolver-dotted": { links: { "etc/resolv.conf": `../${dotted}/resolv.conf` }, devices: hostNetwork },
  "resolver-secret": { links: { "etc/resolv.conf": `${canary}/secret` }, devices: hostNetwork },
  "resolver-way": { links: { etc: canary }, devices: hostNetwork },
  resolver: { links: { "etc/resolv.conf": `${canary}/resolv.conf`, "etc/localtime": `${canary}/zone` } },
  journal: { links: { "var/log/journal": canary, "etc/machine-id": `${canary}/machine-id` } },
};

/** LXC gives the host's network to privileged containers only. */
const mayHaveNetwork = ({ runtime, isPrivileged }: Flavour) => runtime === "nspawn" || isPrivileged;

const nameOf = (trick: string) => `x-${trick}`;
const unitOf = (trick: string) => `host-service-container@${nameOf(trick)}.service`;
const wordsOf = (target: string) => `Cannot mount at "${target}" in the container: a symbolic link is on the way`;

function imageOf(trick: string, flavour: Flavour, links: Record<string, string> | undefined): Promise<ContainerImage> {
  const { devices } = tricks[trick] ?? {};
  const wishes = { ...wishing(flavour, { "boot.autostart": "false" }), ...(devices === undefined ? {} : { devices }) };
  const linked = links === undefined ? {} : { links };
  return busyboxImage("1.0.0", { ...wishes, ...linked, name: nameOf(trick), files: { main } });
}

/** Images without a link, and the links where the container could have made them. */
async function prepare(device: SystemdDevice, flavour: Flavour, tried: [string, Trick][]): Promise<void> {
  await device.write(`${canary}/secret`, "of the host\n");
  await device.write(`${canary}/lib/secret`, "of the host\n");
  await device.chroot(["chmod", "-R", "0777", canary]);
  for (const [trick, { links = {}, inVolume }] of tried) {
    await seed(device, await imageOf(trick, flavour, undefined));
    const container = `/var/lib/host-service/containers/${nameOf(trick)}`;
    const directory = inVolume === undefined ? `${container}/slots/a/upper/data` : `${container}/volumes/${inVolume}`;
    const plant = Object.entries(links).map(
      ([name, target]) => `mkdir -p $(dirname ${directory}/${name}); ln -s ${target} ${directory}/${name}`,
    );
    await device.chroot(["/bin/sh", "-ec", plant.join("\n")]);
  }
}

/** All that a link could lead to, and what is mounted. */
function host(device: SystemdDevice): Promise<string> {
  const places = `${canary} /etc /root /opt /mnt`;
  return device.shell(`find ${places} -printf '%p %y %s %m %U %T@\\n' | sort; cut -d' ' -f5 /proc/1/mountinfo`);
}

/** What the journal says of a start, and whether it was one. */
async function started(device: SystemdDevice, trick: string): Promise<{ isUp: boolean; said: string }> {
  const { exitCode } = await device.run(["systemctl", "start", unitOf(trick)]);
  const journal = ["journalctl", "--no-pager", "--output=cat", `--unit=${unitOf(trick)}`];
  const isUp = ({ stdout }: Answer) => stdout.includes("the image is up");
  if (exitCode === 0) await device.until(`${trick} is up`, journal, isUp);
  await device.run(["systemctl", "stop", unitOf(trick)]);
  return { isUp: exitCode === 0, said: await device.must(journal) };
}

for (const flavour of flavours) {
  onSystemd(`${flavour.name}: a link where something is mounted is never followed to the host`, async () => {
    const tried = Object.entries(tricks).filter(
      ([, { devices }]) => devices !== hostNetwork || mayHaveNetwork(flavour),
    );
    const grants = tried.map(([trick]) => `${granting(flavour, nameOf(trick))}nics = ["host"]\n`);
    const wishes = {
      configuration: grants.join("\n"),
      prepare: (device: SystemdDevice) => prepare(device, flavour, tried),
    };
    await onDevice(wishes, async (device) => {
      const before = await host(device);
      for (const [trick, { refusedAt }] of tried) {
        const { isUp, said } = await started(device, trick);
        expect([trick, await host(device)]).toEqual([trick, before]);
        expect([trick, said.includes("of the host")]).toEqual([trick, false]);
        expect([trick, isUp]).toEqual([trick, refusedAt === undefined]);
        if (refusedAt !== undefined) expect(said).toContain(wordsOf(refusedAt));
      }
    });
  });
}

onSystemd("an image with a link where something is mounted is refused when it is installed", async () => {
  const tried = Object.entries(tricks).filter(
    ([, { refusedAt, inVolume }]) => refusedAt !== undefined && inVolume === undefined,
  );
  const configuration = tried.map(([trick]) => granting(nspawnPrivate, nameOf(trick))).join("\n");
  await onDevice({ configuration }, async (device) => {
    for (const [trick, { links, refusedAt = "" }] of tried) {
      const failure = install(device, await imageOf(trick, nspawnPrivate, links));
      expect(await failure.then(String, (error: Error) => error.message)).toContain(wordsOf(refusedAt));
    }
    expect(await device.shell("find /var/lib/host-service/containers -name rootfs")).toBe("");
  });
});
