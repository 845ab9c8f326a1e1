// The programs are killed at every call that changes a file, and the boot after it has to find either the old state or the new one.
// Killing loses nothing that was written; what a power cut loses is the crash disk's part, in the packages' tests.
import { expect } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { walk } from "./kit/crash-walk.ts";
import type { CutMode } from "./kit/crash-walk.ts";
import type { Device } from "./kit/device.ts";
import { nextBoot } from "./kit/next-boot.ts";
import { onDevice } from "./kit/on-device.ts";
import { needsTools, testUnless } from "./kit/requirements.ts";
import { must, run } from "./kit/run.ts";
import { install, runImage, tryImage, worked } from "./kit/steps.ts";
import { tinyImage } from "./kit/tiny-image.ts";

const reasons = [needsTools("cc"), process.arch === "x64" ? undefined : "crashpoint reads the registers of x86-64"];

/** What is killed keeps all that it wrote, on whatever kind of disk; this one is fast. */
const inMemory = { inMemory: true };

interface Story {
  name: string;
  /** Brings a device that is new to where the cuts begin. */
  before: (device: Device) => Promise<unknown>;
  /** What is cut: the hook of the next boot, a command to the daemon, or another program. */
  cut: "hook" | readonly string[] | ((device: Device) => readonly string[]);
  /** All that the boot after it may come to; the last one is what comes of a run that is not cut. */
  allowed: readonly string[];
  /** Also asks whether the next daemon takes an image then. */
  goesOn?: true;
  mode?: CutMode;
}

const [first, second, third] = [await tinyImage("1.0.0"), await tinyImage("2.0.0"), await tinyImage("3.0.0")];

async function pending(device: Device): Promise<void> {
  await runImage(device, first);
  await install(device, second);
}

async function trying(device: Device): Promise<void> {
  await runImage(device, first);
  await tryImage(device, second);
}

async function rollback(device: Device): Promise<void> {
  await trying(device);
  worked(await device.hostctl("container", "rollback"));
}

async function committedTwice(device: Device): Promise<void> {
  await runImage(device, first);
  await runImage(device, second);
}

const installThird = ["container", "install", third.config, third.rootfs];

const stories: readonly Story[] = [
  { name: "the hook from pending", before: pending, cut: "hook", allowed: ["trying 2.0.0", "normal 1.0.0"] },
  {
    name: "the hook from pending, writes torn",
    before: pending,
    cut: "hook",
    mode: "short",
    allowed: ["trying 2.0.0", "normal 1.0.0"],
  },
  { name: "the hook from trying", before: trying, cut: "hook", allowed: ["normal 1.0.0"] },
  { name: "the hook from rollback", before: rollback, cut: "hook", allowed: ["normal 1.0.0"] },
  { name: "a commit", before: trying, cut: ["container", "commit"], allowed: ["normal 1.0.0", "normal 2.0.0"] },
  {
    name: "a commit, writes torn",
    before: trying,
    cut: ["container", "commit"],
    mode: "short",
    allowed: ["normal 1.0.0", "normal 2.0.0"],
  },
  {
    name: "a rollback of a candidate",
    before: pending,
    cut: ["container", "rollback"],
    allowed: ["trying 2.0.0", "normal 1.0.0"],
  },
  { name: "a rollback during a trial", before: trying, cut: ["container", "rollback"], allowed: ["normal 1.0.0"] },
  {
    name: "a rollback to the previous image",
    before: committedTwice,
    cut: ["container", "rollback"],
    allowed: ["normal 2.0.0", "normal 1.0.0"],
  },
  {
    name: "a rollback that is called off",
    before: rollback,
    cut: ["container", "commit"],
    allowed: ["normal 1.0.0", "normal 2.0.0"],
  },
  {
    name: "a first install",
    before: async () => undefined,
    cut: installThird,
    allowed: ["nothing", "trying 3.0.0"],
    goesOn: true,
  },
  {
    name: "an install with a previous image",
    before: committedTwice,
    cut: installThird,
    allowed: ["normal 2.0.0", "trying 3.0.0"],
    goesOn: true,
  },
  {
    name: "an install over a candidate",
    before: pending,
    cut: installThird,
    allowed: ["trying 2.0.0", "normal 1.0.0", "trying 3.0.0"],
  },
  {
    name: "a remove",
    before: committedTwice,
    cut: ["container", "remove", "--yes"],
    allowed: ["normal 2.0.0", "nothing"],
  },
];

for (const story of stories) {
  testUnless(reasons, `${story.name}, cut at every point, leaves the old state or the new one`, () =>
    onDevice(async (device) => {
      const { points, broken, last } = await tell(story, device);
      console.error(`${story.name}: ${points} points`);
      expect(broken).toEqual([]);
      expect(points).toBeGreaterThan(2);
      expect(last).toBe(story.allowed.at(-1)!);
    }, inMemory),
  );
}

testUnless(reasons, "a seed, cut at every point, leaves nothing or the seeded image", () =>
  onDevice(async (device) => {
    const { points, broken, last } = await tell(
      {
        name: "a seed",
        before: async () => undefined,
        cut: (at) => at.seedCommand(first.config, first.rootfs),
        allowed: ["nothing", "normal 1.0.0"],
      },
      device,
    );
    expect({ broken, last }).toEqual({ broken: [], last: "normal 1.0.0" });
    expect(points).toBeGreaterThan(2);
  }, inMemory),
);

testUnless(reasons, "a walk sees a writer that overwrites the record in its place", () =>
  onDevice(async (device) => {
    const overwrite = (at: Device) => {
      const record = join(at.containerDirectory(), "record.json");
      return ["sh", "-c", `sed s/trying/rollback/ '${record}' >'${record}.txt' && cat '${record}.txt' >'${record}'`];
    };
    const { broken } = await tell(
      { name: "planted", before: trying, cut: overwrite, allowed: ["normal 1.0.0"] },
      device,
    );
    expect(broken.length).toBeGreaterThan(0);
    expect(broken.join("\n")).toContain("the hook had to repair");
  }, inMemory),
);

testUnless(reasons, "a walk sees a state that is not allowed", () =>
  onDevice(async (device) => {
    const { broken } = await tell({ name: "planted", before: pending, cut: "hook", allowed: ["trying 2.0.0"] }, device);
    expect(broken.join("\n")).toContain("normal 1.0.0 is not one of trying 2.0.0");
  }, inMemory),
);

async function tell(story: Story, device: Device): Promise<{ points: number; broken: string[]; last: string }> {
  const { cut, allowed, mode = "before" } = story;
  await story.before(device);
  await device.stopDaemon();
  const saved = join(device.directory, "saved");
  await must(["cp", "-a", device.paths.stateDirectory, saved]);
  let last = "";
  const report = await walk({
    mode,
    below: typeof cut === "string" ? device.directory : device.paths.stateDirectory,
    prepare: async () => {
      await rm(device.paths.stateDirectory, { recursive: true, force: true });
      // What an earlier point has started is of another boot.
      await rm(join(device.paths.runDirectory, ".current"), { recursive: true, force: true });
      await must(["cp", "-a", saved, device.paths.stateDirectory]);
    },
    run: async (prefix) => {
      if (cut === "hook") {
        await device.nextBoot();
        await run([...prefix, ...device.bootCommand()]);
      } else if (typeof cut === "function") {
        await run([...prefix, ...cut(device)]);
      } else {
        await tellDaemon(device, cut, prefix);
      }
    },
    check: async () => {
      last = await nextBoot(device);
      if (!allowed.includes(last)) throw new Error(`${last} is not one of ${allowed.join(", ")}`);
      if (story.goesOn === true) await goOn(device);
    },
  });
  return { ...report, last };
}

/** The daemon may be cut before it answers, before it is asked, and while it works. */
async function tellDaemon(device: Device, words: readonly string[], prefix: readonly string[]): Promise<void> {
  const { bootId } = (await device.record().catch(() => ({ bootId: device.bootId }))) as { bootId: string };
  try {
    await device.startDaemon({ wrapper: prefix, bootId });
    await device.hostctl(...words);
    await device.killDaemon();
  } catch (error) {
    // Cut before it answered. A daemon that does not start without a cut shows at the end of the walk.
    if (!(error instanceof Error && error.message.startsWith("Cannot start the daemon"))) throw error;
  }
}

/** The next daemon has nothing in its inbox and takes another image. */
async function goOn(device: Device): Promise<void> {
  await device.startDaemon();
  try {
    const inbox = await device.inbox();
    if (inbox.length > 0) throw new Error(`${inbox.join(", ")} is left in the inbox`);
    if ((await device.state()) === "trying") worked(await device.hostctl("container", "commit"));
    await install(device, second);
  } finally {
    await device.killDaemon();
  }
}
