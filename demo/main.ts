// `npm run demo`: the main job from end to end, as a person would do it by hand, on this machine and without root. Every
// command is printed as it would be typed, with what it answered.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildSmallRootfs, packRootfs, writeConfigYaml } from "@host-service/fixtures";
import { buildProgram } from "./build-program.ts";
import { DemoDevice } from "./device.ts";
import { say, title } from "./voice.ts";

const directory = await mkdtemp(join(tmpdir(), "host-service-demo-"));
const device = new DemoDevice({ directory, programs: await buildProgram() });
const versions = ["1.0.0", "1.1.0"] as const;
/** The names of the root archives, which are .tar.gz where this machine has no xz. */
const archives: Record<(typeof versions)[number], string> = { "1.0.0": "", "1.1.0": "" };
let failed = false;
try {
  await prepare();
  await commitAnUpdate();
  await letOneRollBack();
  title("That was it");
  say("The second image was never committed, so the reboot brought the first one back.");
  say("README.md goes on from here: the commands, the states, and how to put it on a real host.");
} catch (error) {
  failed = true;
  say(error instanceof Error ? error.message : String(error));
} finally {
  await device.stop();
  await rm(directory, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function prepare(): Promise<void> {
  title("Two images, made of this machine's own shell and its libraries");
  for (const version of versions) {
    const root = join(directory, `root-${version}`);
    await mkdir(root);
    await buildSmallRootfs(root, { version });
    const archive = await packRootfs(root, join(directory, `rootfs-${version}`), { format: "tar.xz" });
    archives[version] = basename(archive.path);
    await writeConfigYaml(join(directory, `config-${version}.yaml`), { name: "edge", version });
    say(`config-${version}.yaml and ${basename(archive.path)} (${Math.ceil(archive.bytes / 1024)} KiB)`);
  }
  say(`All of it is in ${directory}, and goes when this is over.`);
  title("A host with its state in that directory");
  await device.configure();
  await device.show("cat config.toml");
  await device.start("boot-1");
  await device.show("hostctl ping");
}

async function commitAnUpdate(): Promise<void> {
  title("Install the first image: it is verified and staged, and the host goes on as it was");
  await device.show(`hostctl container install config-1.0.0.yaml ${archives["1.0.0"]}`);
  await device.show("hostctl container status");
  title("Reboot: the boot hook starts the trial before any container runs");
  await device.reboot("boot-2");
  await device.show("hostctl container status");
  await device.show("grep VERSION_ID run/.current/edge/rootfs/etc/os-release");
  title("It works, so keep it");
  await device.show("hostctl container commit");
  await device.show("hostctl container status");
}

async function letOneRollBack(): Promise<void> {
  title("Install the second image, and reboot into it");
  await device.show(`hostctl container install config-1.1.0.yaml ${archives["1.1.0"]}`);
  await device.reboot("boot-3");
  await device.show("hostctl container status");
  await device.show("grep VERSION_ID run/.current/edge/rootfs/etc/os-release");
  title("Nobody commits it, and the power goes");
  await device.reboot("boot-4");
  await device.show("hostctl container status");
  await device.show("grep VERSION_ID run/.current/edge/rootfs/etc/os-release");
  await device.show("hostctl container history");
}
