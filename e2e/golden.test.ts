// The answer of every command in every state, as files that a person can judge: golden/*.txt.
import { test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "./kit/device.ts";
import { Transcript } from "./kit/golden.ts";
import type { Image } from "./kit/images.ts";
import { bundleOf, smallImage } from "./kit/images.ts";
import { onDevice, onNewDevice } from "./kit/on-device.ts";
import { worked } from "./kit/steps.ts";

interface Typing {
  /** Types a command on the host and keeps what it answered. */
  type(...words: string[]): Promise<void>;
  /** The same in the container. */
  typeIn(container: string, ...words: string[]): Promise<void>;
  /** The boot hook of a next boot; the daemon runs again afterwards. */
  reboot(): Promise<void>;
  heading(text: string): void;
}

function typing(device: Device, transcript: Transcript): Typing {
  return {
    type: async (...words) => transcript.add(["hostctl", ...words], await device.hostctl(...words)),
    typeIn: async (container, ...words) =>
      transcript.add([`${container}$`, "hostctl", ...words], await device.hostctlIn(container, ...words)),
    reboot: async () => transcript.add(["host-service boot", "   # the next boot"], await device.reboot()),
    heading: (text) => transcript.heading(text),
  };
}

function golden(name: string, story: (at: Typing, device: Device) => Promise<void>): void {
  test(`hostctl answers as golden/${name}.txt says`, () =>
    onDevice(async (device) => {
      const transcript = new Transcript(device);
      await story(typing(device, transcript), device);
      await transcript.compare(name);
    }));
}

/** Every command that looks, then every one that is refused or changes nothing here. */
async function look(at: Typing): Promise<void> {
  await at.type("container", "status");
  await at.type("container", "status", "--json");
  await at.type("container", "list");
}

function installWords(image: Image): [string, ...string[]] {
  return ["container", "install", image.config, image.rootfs, "--progress", "none"];
}

golden("empty", async (at) => {
  at.heading("A host without containers");
  await at.type("ping");
  await at.type("ping", "--json");
  await at.type("ping", "--quiet");
  await at.type("container", "status");
  await at.type("container", "status", "--json");
  await at.type("container", "status", "--name", "edge");
  await at.type("container", "list");
  await at.type("container", "list", "--json");
  await at.type("container", "history");
  await at.type("container", "commit");
  await at.type("container", "rollback");
  await at.type("container", "remove", "--yes");
  await at.type("reboot");
  await at.type("suspend");
});

golden("states", async (at) => {
  const [first, second, third] = [await smallImage("1.0.0"), await smallImage("2.0.0"), await smallImage("3.0.0")];
  at.heading("The first image is staged: pending");
  await at.type(...installWords(first));
  await look(at);
  await at.type("container", "commit");
  at.heading("It is booted: trying");
  await at.reboot();
  await look(at);
  await at.type(...installWords(second));
  await at.type("container", "commit", "--expect", "2.0.0");
  await at.type("container", "commit", "--expect", "1.0.0");
  at.heading("It is kept: normal");
  await look(at);
  await at.type("container", "commit");
  await at.type("container", "rollback");
  at.heading("A second image is staged over the first: pending");
  await at.type(...installWords(second));
  await look(at);
  await at.type("container", "commit");
  at.heading("A third one takes its place, and is dropped before its boot");
  await at.type(...installWords(third));
  await at.type("container", "rollback");
  await look(at);
  at.heading("The second image again: trying");
  await at.type(...installWords(second));
  await at.reboot();
  await look(at);
  at.heading("Nobody wants it: rollback");
  await at.type("container", "rollback");
  await look(at);
  await at.type(...installWords(third));
  await at.type("container", "rollback");
  at.heading("It is left: normal");
  await at.reboot();
  await look(at);
  at.heading("Kept this time, with a way back");
  await at.type(...installWords(second));
  await at.reboot();
  await at.type("container", "commit", "--json");
  await look(at);
  await at.type("container", "rollback", "--json");
  await at.type("container", "commit");
  at.heading("A trial of two boots");
  await at.type(...installWords(await smallImage("4.0.0", { trial: { boots: 2 } })));
  await at.reboot();
  await look(at);
  await at.reboot();
  await look(at);
  await at.reboot();
  await look(at);
  at.heading("What was done");
  await at.type("container", "history");
  await at.type("container", "history", "--json");
  at.heading("It is removed");
  await at.type("container", "remove", "--yes", "--json");
  await at.type("container", "status");
});

golden("other-commands", async (at, device) => {
  const image = await smallImage("1.0.0");
  const bundle = await bundleOf(image);
  at.heading("Other forms of install");
  await at.type("container", "install", bundle, "--progress", "none");
  await at.type("container", "install", bundle, "--quiet");
  await at.type("container", "install", bundle, "--json", "--progress", "none");
  at.heading("What needs a runtime");
  for (const word of ["start", "stop", "restart", "try", "logs"]) await at.type("container", word);
  await at.type("container", "start", "--json");
  at.heading("In the container");
  await at.typeIn("edge", "ping");
  await at.typeIn("edge", "container", "status");
  await at.typeIn("edge", "container", "list");
  await at.typeIn("edge", "container", "status", "--name", "other");
  await at.typeIn("edge", "container", "remove", "--yes");
  await at.typeIn("edge", "container", "remove", "--yes", "--json");
  at.heading("A trial and a reboot");
  await at.reboot();
  await at.type("reboot", "--yes");
  await at.type("reboot", "--yes", "--quiet");
  at.heading("Bundles without a daemon");
  await at.type("image", "inspect", bundle);
  await at.type("image", "inspect", bundle, "--json");
  await at.type("image", "build", bundle, image.config, image.rootfs);
  at.heading("Wrong words");
  await at.type("pong");
  await at.type("container");
  await at.type("container", "instal", bundle);
  await at.type("container", "install");
  await at.type("container", "install", image.config);
  await at.type("container", "status", "--nmae", "edge");
  await at.type("container", "status", "--name", "no such name");
  await at.type("container", "commit", "extra");
  await at.type("container", "commit", "--json", "--expect");
  at.heading("Two containers");
  await at.type(...installWords(await smallImage("5.0.0", { name: "second" })));
  await at.type("container", "list");
  await at.type("container", "status");
  await at.type("container", "commit");
  await at.type("container", "status", "--name", "third");
  at.heading("Without a daemon");
  await device.stopDaemon();
  await at.type("ping");
  await at.type("container", "status", "--json");
});

golden("before-the-hook", async (at, device) => {
  const image = await smallImage("1.0.0");
  at.heading("The daemon runs, the boot hook of this boot has not");
  worked(await device.hostctl(...installWords(image)));
  await device.stopDaemon();
  await device.nextBoot();
  await device.startDaemon();
  await look(at);
  await at.type("container", "commit");
  await at.type("container", "rollback");
  await at.type(...installWords(image));
  await at.type("container", "remove", "--yes");
});

test("host-service answers as golden/host-service.txt says", () =>
  onNewDevice(async (device) => {
    const transcript = new Transcript(device);
    const image = await smallImage("1.0.0");
    transcript.heading("seed, and the hook");
    transcript.add(["host-service seed"], await device.seed());
    transcript.add(["host-service seed config.yaml missing"], await device.seed(image.config, "missing.tar.xz"));
    transcript.add(["host-service seed config.yaml rootfs.tar.xz"], await device.seed(image.config, image.rootfs));
    transcript.add(["host-service seed config.yaml rootfs.tar.xz"], await device.seed(image.config, image.rootfs));
    transcript.add(["host-service boot"], await device.boot());
    transcript.heading("The record is gone");
    await device.nextBoot();
    await rm(join(device.containerDirectory(), "record.json"));
    transcript.add(["host-service boot"], await device.boot());
    transcript.heading("The record is torn");
    await device.nextBoot();
    await writeFile(join(device.containerDirectory(), "record.json"), "{");
    transcript.add(["host-service boot"], await device.boot());
    transcript.heading("The record is of a later version");
    await device.nextBoot();
    await writeFile(join(device.containerDirectory(), "record.json"), '{"format":2}');
    transcript.add(["host-service boot"], await device.boot());
    transcript.heading("The configuration");
    transcript.add(["host-service check-config"], await device.checkConfiguration());
    await writeFile(device.configuration, 'sockett = "/run/x"\n');
    transcript.add(["host-service check-config"], await device.checkConfiguration());
    transcript.add(["host-service boot"], await device.boot());
    await writeFile(device.configuration, "socket = \n");
    transcript.add(["host-service check-config"], await device.checkConfiguration());
    await rm(device.configuration);
    transcript.add(["host-service check-config"], await device.checkConfiguration());
    await transcript.compare("host-service");
  }));
